import Fleet
import FleetLiterals
import Planning
import State
import Synchronization
import Testing

@testable import Execution

@Suite("A rollout")
struct RolloutTests {
  let journal = Journal()

  private let connection = HostAccess(address: "198.18.0.1", ssh: SSHSettings(user: "root"))
  let present = ReleaseRecord(
    number: 1, files: ["firewall.nft": FileRecord(digest: "aa", isSecret: false)],
    certificates: [:])

  func step(
    _ host: HostName, _ kind: HostStep.Kind? = nil, roles: HostRoles = ["back-end"],
    certificates: [PlannedCertificate] = [], files: [PlannedFile] = []
  ) -> PlannedStep {
    let firewall = PlannedFile(path: "firewall.nft", source: .text("x\n"))
    let step = HostStep(
      kind
        ?? .install(
          Installation(release: 2, files: [firewall] + files, certificates: certificates)),
      reasons: ["why"], expected: .release(1, digest: "aa"), present: present)
    return PlannedStep(host: host, connection: connection, roles: roles, step)
  }

  func still(_ host: HostName, _ outcome: HostPlan.Outcome) -> HostPlan {
    HostPlan(host: host, connection: connection, roles: ["back-end"], outcome)
  }

  /// - Parameter others: hosts that do not change.
  func plan(
    _ steps: [PlannedStep], _ stages: [[[HostName]]], others: [HostPlan] = [], maxFailures: Int = 0,
    pause: Int64 = 0
  ) -> Plan {
    let changing = Dictionary(grouping: steps, by: \.host).values.compactMap { own in
      StepSequence(own.map(\.step)).map { steps in
        HostPlan(
          host: own[0].host, connection: own[0].connection, roles: own[0].roles, .steps(steps))
      }
    }
    return Plan(
      fleet: "shop", lineage: "l", serial: 1, madeAt: Timestamp(secondsSince1970: 0),
      hosts: (changing + others).sorted { $0.host < $1.host },
      stages: stages.map { Stage(name: "s", batches: $0) },
      maxFailures: maxFailures, pause: pause, confirmWithin: 30, keepReleases: 5, warnings: [])
  }

  func rollout(
    _ plan: Plan, _ hosts: FakeHosts, failing: Set<HostName> = [], parallel: Int = 8,
    problems: [HostName: [String]] = [:], unsignable: Set<String> = [],
    unexpectable: Set<HostName> = []
  ) -> Rollout {
    let journal = journal
    let clock = FakeClock()
    return Rollout(
      of: plan, fromSerial: 7,
      pool: HostPool(
        connector: hosts, program: .fake, recognize: ShownManifest.trusted, report: { _ in }),
      issuer: FakeIssuer(unsignable: unsignable), signer: FakeSigner(),
      store: FakeStore(journal: journal, failing: failing, unexpectable: unexpectable),
      hooks: FakeHooks(journal: journal),
      verifier: FakeVerifier(journal: journal, problems: problems),
      surroundings: Surroundings(
        user: "ann@laptop", now: { clock.now }, digest: { "\($0.count)" },
        readSecret: { _ in SecretContent([]) },
        sleep: {
          if $0 == 7 { journal.note("sleep 7") }
          try await clock.sleep($0)
        }),
      parallel: parallel,
      report: {
        if case .untried(let edges) = $0 { journal.note("untried \(edges.joined())") }
      })
  }

  func run(
    _ plan: Plan, _ behaviours: [HostName: Behaviour] = [:], failing: Set<HostName> = [],
    state: FleetState = FleetState(fleet: "shop", lineage: "l"), parallel: Int = 8,
    problems: [HostName: [String]] = [:]
  ) async -> Summary {
    await rollout(
      plan, FakeHosts(behaviours, journal), failing: failing, parallel: parallel,
      problems: problems
    ).run(plan, state: state)
  }

  let three: [HostName] = ["a", "b", "c"]

  func planOfThree(maxFailures: Int = 0) -> Plan {
    plan(three.map { step($0) }, [three.map { [$0] }], maxFailures: maxFailures)
  }

  @Test("gives the go signal batch by batch in order with pauses, and records each host")
  func order() async {
    let plan = plan(three.map { step($0) }, [[["b"], ["a"]], [["c"]]], pause: 7)
    let summary = await run(plan)
    #expect(summary.isSuccess)
    #expect(
      journal.all.filter { !["connect", "close", "expects"].contains($0.prefix { $0 != " " }) } == [
        "go b", "confirm b", "record b 2", "sleep 7", "go a", "confirm a", "record a 2", "sleep 7",
        "go c", "confirm c", "record c 2",
      ])
    // Every host is confirmed over a new connection.
    #expect(journal.starting("connect").count == 6)
    #expect(
      summary.results == [
        "a": .confirmed(.release(2)), "b": .confirmed(.release(2)), "c": .confirmed(.release(2)),
      ])
  }

  @Test("is stopped by a change that one host refuses, before any host switches")
  func refusedChange() async {
    let summary = await run(
      planOfThree(), ["c": Behaviour(preparation: .says("| [emerg] no\n@deploy refused nginx\n"))])
    #expect(journal.starting("go").isEmpty)
    #expect(journal.starting("abandoned").sorted() == ["a", "b"])
    #expect(summary.stopped == "the change failed on c (max_failures: 0)")
    #expect(summary.results["a"]?.name == "not attempted")
    #expect(
      summary.results["c"]?.detail == "its nginx does not accept the configuration: [emerg] no")
  }

  @Test("continues if the playbook allows as many failures", arguments: [0, 1, 2])
  func maxFailures(_ allowed: Int) async {
    let reverting = Behaviour(answers: [.says("@deploy reverted reload\n")])
    let summary = await run(planOfThree(maxFailures: allowed), ["a": reverting, "b": reverting])
    #expect(journal.starting("go") == three.prefix(allowed + 1).map(\.text))
    #expect((summary.stopped == nil) == (allowed == 2))
    #expect(!summary.isSuccess)
  }

  @Test("is not stopped by a host that cannot be reached, or is locked, or full")
  func hostsThatAreDown() async {
    let summary = await run(
      planOfThree(),
      [
        "a": Behaviour(isReachable: false),
        "b": Behaviour(preparation: .refusesEarly("@deploy refused locked bob@desk\n")),
      ])
    #expect(summary.results["a"] == .unreachable(why: "connection reset"))
    #expect(
      summary.results["b"]
        == .refused(
          Refusal(
            cause: .host,
            why: "the host is locked by another run (bob@desk): wait until it finishes")))
    #expect(summary.results["c"] == .confirmed(.release(2)))
    #expect(summary.stopped == nil)
  }

  @Test("stops if the state cannot be written, and no further host switches", arguments: [1, 8])
  func storeFails(_ parallel: Int) async {
    let plan = plan(three.map { step($0) }, [[["a"], ["b", "c"]]])
    let summary = await run(plan, failing: ["a"], parallel: parallel)
    #expect(summary.stopped == "the state cannot be written: No space left on device")
    #expect(journal.starting("go") == ["a"])
    #expect(journal.starting("abandoned").sorted() == ["b", "c"])
    #expect(summary.results["a"] == .confirmed(.release(2)))
  }

  @Test("also stops within a batch if not all of its hosts have started")
  func storeFailsWithinBatch() async {
    let plan = plan(three.map { step($0) }, [[three]])
    let summary = await run(plan, failing: ["a"], parallel: 1)
    #expect(journal.starting("go") == ["a"])
    #expect(summary.results["b"]?.name == "not attempted")
  }

  @Test("that is interrupted completes the hosts in progress and abandons the rest")
  func interrupted() async {
    let plan = plan(three.map { step($0) }, [[["a", "b"]], [["c"]]])
    let summary = await interrupt(plan, running: Running())
    #expect(summary.stopped == Summary.interrupted)
    #expect(summary.results["a"] == .confirmed(.release(2)))
    #expect(journal.starting("record") == ["a 2"])
    #expect(journal.starting("go") == ["a"])
    #expect(journal.starting("abandoned").sorted() == ["b", "c"])
  }

  private final class Running: Sendable {
    let task = Mutex<Task<Summary, Never>?>(nil)

    func cancel() async {
      while task.withLock({ $0 }) == nil { await Task.yield() }
      task.withLock { $0?.cancel() }
    }
  }

  private func interrupt(_ plan: Plan, running: Running) async -> Summary {
    let hosts = FakeHosts([:], journal) { _ in await running.cancel() }
    let rollout = rollout(plan, hosts, parallel: 1)
    let task = Task { await rollout.run(plan, state: FleetState(fleet: "shop", lineage: "l")) }
    running.task.withLock { $0 = task }
    return await task.value
  }

  @Test("prepares a host again if the go signal did not reach it")
  func lostBeforeTheWord() async {
    let summary = await run(
      plan([step("a")], [[["a"]]]),
      [
        "a": Behaviour(
          answers: [.cannotBeSent, .says("@deploy applied 2\n")],
          confirmations: ["@deploy result 2 unknown 1\n", "@deploy confirmed 2\n"])
      ])
    #expect(summary.results["a"] == .confirmed(.release(2)))
    #expect(journal.starting("go") == ["a", "a"])
  }

  @Test(
    "uses the recorded result of a host that it lost after the go signal",
    arguments: [
      ("@deploy confirmed 2\n", "confirmed"),
      ("@deploy waiting\n@deploy result 2 confirmed\n", "confirmed"),
      ("@deploy result 2 reverted it was not confirmed in time\n", "reverted"),
      ("@deploy result 2 unknown 1\n", "unreachable"),
      ("@deploy result 2 unknown 3\n", "failed"),
      ("@deploy waiting\n@deploy failed 1\n", "failed"),
    ])
  func lostAfterTheWord(_ lines: String, _ result: String) async {
    let summary = await run(
      plan([step("a")], [[["a"]]]),
      ["a": Behaviour(answers: [.isLost], confirmations: [lines])])
    #expect(summary.results["a"]?.name == result)
    #expect(journal.starting("record") == (result == "confirmed" ? ["a 2"] : []))
  }

  @Test("asks again if the answer to its confirmation is lost")
  func lostAnswer() async {
    let summary = await run(
      plan([step("a")], [[["a"]]]),
      ["a": Behaviour(confirmations: [nil, nil, "@deploy result 2 confirmed\n"])])
    #expect(summary.results["a"] == .confirmed(.release(2)))
    #expect(journal.starting("confirm").count == 3)
  }

  @Test("reports a host that does not come back")
  func lostForGood() async {
    let summary = await run(planOfThree(), ["a": Behaviour(confirmations: [nil])])
    #expect(summary.results["a"]?.name == "unconfirmed")
    // A change that made one host unreachable would do the same to the next one.
    #expect(summary.stopped == "the change failed on a (max_failures: 0)")
    #expect(journal.starting("go") == ["a"])
    #expect(journal.starting("record").isEmpty)
  }

  @Test("removes a host from the state when it has been cleaned up")
  func removal() async throws {
    let plan = plan([step("gone", .remove)], [[["gone"]]])
    let hosts = FakeHosts(
      ["gone": Behaviour(confirmations: ["@deploy confirmed 0\n"])], journal)
    let summary = await rollout(plan, hosts)
      .run(plan, state: FleetState(fleet: "shop", lineage: "l"))
    #expect(summary.results["gone"] == .confirmed(.removed))
    #expect(summary.results["gone"]?.detail == "removed")
    let order = try #require(await hosts.transactions.first)
    #expect(order.contains("'mode=remove' 'release=0'"), "\(order)")
    #expect(journal.starting("record") == ["gone none"])
  }

  @Test("records all unchanged hosts in one write, and reports none that is not recorded")
  func unchangedTogether() async {
    let plan = plan([], [], others: three.map { still($0, .unchanged(present: present)) })
    let summary = await run(plan)
    #expect(journal.all == ["record a 1, b 1, c 1"])
    #expect(three.allSatisfy { summary.results[$0] == .unchanged })
    let failed = await run(plan, failing: ["b"])
    #expect(three.allSatisfy { failed.results[$0]?.name == "not attempted" })
  }

  @Test(
    "records the address of an unchanged host only if it is new",
    arguments: ["198.18.0.1", "198.18.0.9"] as [IPAddress])
  func unchanged(_ address: IPAddress) async throws {
    var state = FleetState(fleet: "shop", lineage: "l")
    state.hosts["a"] = HostRecord(
      address: address, roles: ["back-end"], release: present,
      appliedAt: Timestamp(secondsSince1970: 0),
      appliedBy: "bob@desk")
    let plan = plan([], [], others: [still("a", .unchanged(present: present))])
    let summary = await run(plan, state: state)
    #expect(summary.results == ["a": .unchanged])
    #expect(journal.all == (address == "198.18.0.1" ? [] : ["record a 1"]))
  }
}
