import Planning
import State
import Testing

@testable import Execution

/// That certificates are recorded before hosts get them.
extension RolloutTests {
  private func issuing(_ host: String) -> HostStep {
    var step = step(host)
    step.certificates = ["tls/front-end", "tls/back-end"].map {
      PlannedCertificate(
        path: $0 + ".crt", keyPath: $0 + ".key", purpose: .server, commonName: host, names: [host],
        key: "ecdsa-p256", validFor: 86_400)
    }
    step.files += step.certificates.flatMap {
      [
        PlannedFile(path: $0.path, source: .certificate($0.path)),
        PlannedFile(path: $0.keyPath, source: .key($0.path), isSecret: true),
      ]
    }
    return step
  }

  @Test("records every certificate of a host before a connection brings it a byte")
  func issuedFirst() async throws {
    let ledger = await run(plan([issuing("a")], [[["a"]]]))
    #expect(ledger.isSuccess)
    #expect(
      journal.all.prefix(2) == ["issued a tls/back-end.crt, a tls/front-end.crt", "connect a"])
  }

  @Test("sends no certificate that could not be recorded")
  func unrecorded() async {
    let ledger = await run(plan([issuing("a"), step("b")], [[["a"], ["b"]]]), failing: ["a"])
    #expect(!journal.all.contains("connect a"))
    #expect(
      ledger.verdicts["a"]
        == .refused(
          Refusal(cause: .change, why: "the state cannot be written: No space left on device")))
    #expect(journal.starting("go").isEmpty)
    #expect(ledger.stopped == "the change failed on a, and the playbook allows 0 such failures")
  }

  @Test("goes on with the others if a certificate of one host cannot be signed")
  func unsignable() async {
    let plan = plan([issuing("a"), issuing("b")], [[["a"], ["b"]]])
    let hosts = FakeHosts([:], journal)
    let ledger = await rollout(plan, hosts, unsignable: ["a"])
      .run(plan, state: FleetState(fleet: "shop", lineage: "l"))
    #expect(!journal.all.contains("connect a"))
    #expect(
      ledger.verdicts["a"]
        == .refused(
          Refusal(
            cause: .host, why: "its tls/front-end.crt cannot be signed: a name is too long")))
    #expect(ledger.verdicts["b"] == .confirmed(release: 2))
    #expect(ledger.stopped == nil && !ledger.isSuccess)
  }
}
