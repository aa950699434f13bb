import Fleet
import FleetLiterals
import Planning
import State
import Testing

@testable import Execution

/// Certificates are recorded before hosts get them, and hosts with revoked ones do not stop a run.
extension RolloutTests {
  private func issuing(_ host: HostName) -> PlannedStep {
    let certificates = ["tls/front-end", "tls/back-end"].map {
      PlannedCertificate(
        path: $0 + ".crt", keyPath: $0 + ".key", purpose: .server, commonName: host.text,
        names: [host.text],
        key: "ecdsa-p256", validFor: 86_400, reason: "the host has none")
    }
    return step(
      host, certificates: certificates,
      files: certificates.flatMap {
        [
          PlannedFile(path: $0.path, source: .certificate($0.path)),
          PlannedFile(path: $0.keyPath, source: .key($0.path), isSecret: true),
        ]
      })
  }

  @Test("records every certificate of a host before a connection brings it a byte")
  func issuedFirst() async throws {
    let summary = await run(plan([issuing("a")], [[["a"]]]))
    #expect(summary.isSuccess)
    #expect(
      journal.all.prefix(3) == [
        "issued a tls/back-end.crt, a tls/front-end.crt", "expects a", "connect a",
      ])
  }

  @Test("sends no release whose manifest could not be noted before")
  func unexpected() async {
    let plan = plan([step("a")], [[["a"]]])
    let summary = await rollout(plan, FakeHosts([:], journal), unexpectable: ["a"])
      .run(plan, state: FleetState(fleet: "shop", lineage: "l"))
    #expect(journal.all.isEmpty)
    #expect(summary.stopped != nil && summary.results["a"]?.name == "refused")
  }

  @Test("sends no certificate that could not be recorded")
  func unrecorded() async {
    let summary = await run(plan([issuing("a"), step("b")], [[["a"], ["b"]]]), failing: ["a"])
    #expect(!journal.all.contains("connect a"))
    #expect(
      summary.results["a"]
        == .refused(
          Refusal(cause: .change, why: "the state cannot be written: No space left on device")))
    #expect(journal.starting("go").isEmpty)
    #expect(summary.stopped == "the change failed on a (max_failures: 0)")
  }

  @Test("continues with the others if a certificate of one host cannot be signed")
  func unsignable() async {
    let plan = plan([issuing("a"), issuing("b")], [[["a"], ["b"]]])
    let hosts = FakeHosts([:], journal)
    let summary = await rollout(plan, hosts, unsignable: ["a"])
      .run(plan, state: FleetState(fleet: "shop", lineage: "l"))
    #expect(!journal.all.contains("connect a"))
    #expect(
      summary.results["a"]
        == .refused(
          Refusal(
            cause: .host, why: "its tls/front-end.crt cannot be signed: a name is too long")))
    #expect(summary.results["b"] == .confirmed(.release(2)))
    #expect(summary.stopped == nil && !summary.isSuccess)
  }

  private static let endings: [Behaviour] = [
    Behaviour(preparation: .says("@deploy refused nginx\n")),
    Behaviour(preparation: .says("@deploy refused what is this\n")),
    Behaviour(preparation: .says("nonsense\n")),
    Behaviour(answers: [.says("@deploy reverted reload\n")]),
    Behaviour(answers: [.says("@deploy failed 1\n")]),
    Behaviour(confirmations: [nil]), Behaviour(isReachable: false),
    Behaviour(preparation: .says("@deploy applied 2\n")),
  ]

  @Test(
    "completes every other host, with any result of a host with a revoked certificate",
    arguments: endings.indices)
  func revokedHost(_ index: Int) async {
    var plan = plan(
      ["a", "b", "thief"].map { step($0) }, [[["a"], ["b"]], [["thief"]]])
    (plan.revoked, plan.verifiesEdges) = (["thief"], true)
    let summary = await run(plan, ["thief": Self.endings[index]])
    for host in ["a", "b"] as [HostName] {
      #expect(summary.results[host] == .confirmed(.release(2)))
    }
    #expect(summary.stopped == nil && !summary.isSuccess)
    #expect(summary.results["thief"].map { !$0.isSuccess } == true)
    let asked = journal.all.firstIndex(of: "connect thief") ?? .max
    let last = journal.all.firstIndex(of: "record b 2") ?? .min
    #expect(last < asked, "it is not asked before the others are done")
    #expect(journal.starting("verify") == ["a", "b"])
  }

  @Test("stops for the same result of a host whose certificate is valid", arguments: [0, 3, 4, 5])
  func otherHost(_ index: Int) async {
    let plan = plan(["a", "b", "thief"].map { step($0) }, [[["thief"]], [["a"], ["b"]]])
    let summary = await run(plan, ["thief": Self.endings[index]])
    #expect(summary.stopped != nil)
  }

  @Test("does not roll back others because of a host with a revoked certificate")
  func revokedHostRevertsNobody() async {
    var plan = plan(["a", "thief"].map { step($0) }, [[["a"]], [["thief"]]])
    (plan.revoked, plan.revertsAll) = (["thief"], true)
    let summary = await run(
      plan, ["thief": Behaviour(answers: [.says("@deploy reverted reload\n")])])
    #expect(summary.results["a"] == .confirmed(.release(2)))
    #expect(journal.starting("record") == ["a 2"])
  }
}
