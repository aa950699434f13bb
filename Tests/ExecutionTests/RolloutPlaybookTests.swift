import Fleet
import FleetLiterals
import Planning
import State
import Testing

@testable import Execution

/// The settings of a playbook other than order and batches.
extension RolloutTests {
  /// A host that confirms each of its releases.
  private var obedient: Behaviour {
    Behaviour(
      answers: [.says("@deploy applied 2\n"), .says("@deploy applied 1\n")],
      confirmations: ["@deploy waiting\n", "@deploy confirmed 2\n", "@deploy confirmed 1\n"])
  }

  @Test("tests the edges of a batch, and rolls the batch back if one does not work")
  func unprovenEdges() async {
    var plan = planOfThree()
    plan.verifiesEdges = true
    let summary = await run(
      plan, ["b": obedient], problems: ["b": ["edge-1 → b, shop.example: it is refused"]])
    #expect(journal.starting("verify") == ["a", "b"])
    #expect(
      summary.stopped
        == "edges of b do not work:\nedge-1 → b, shop.example: it is refused")
    #expect(summary.results["a"] == .confirmed(.release(2)))
    #expect(summary.results["b"]?.name == "reverted")
    #expect(summary.results["c"]?.name == "not attempted")
    #expect(journal.starting("record") == ["a 2", "b 2", "b 1"])
  }

  @Test("continues if an edge cannot be tested, which is not a failure of the changed hosts")
  func untriedEdges() async {
    var plan = plan(
      [step("a")], [[["a"]]], others: [still("b", .held(.init(.unreachable, ["why"])))])
    plan.verifiesEdges = true
    let summary = await run(plan, [:])
    #expect(journal.starting("verify") == ["a"])
    #expect(summary.results["a"] == .confirmed(.release(2)))
    #expect(summary.stopped == nil)
    #expect(journal.starting("untried") == ["b is left out of this run"])
  }

  @Test("rolls back all of its hosts in the opposite order if the playbook says so")
  func revertsAll() async {
    var steps = three.map { step($0) }
    for index in steps.indices { steps[index].stage = index }
    var plan = plan(steps, [[["a"]], [["b"]], [["c"]]])
    plan.revertsAll = true
    let summary = await run(
      plan,
      [
        "a": obedient, "b": obedient,
        "c": Behaviour(answers: [.says("@deploy reverted reload\n")]),
      ])
    #expect(journal.starting("go") == ["a", "b", "c", "b", "a"])
    #expect(journal.starting("record") == ["a 2", "b 2", "b 1", "a 1"])
    #expect(three.allSatisfy { summary.results[$0]?.name == "reverted" })
  }

  private func digest(_ digit: String) -> String { String(repeating: digit, count: 64) }

  /// A host that restores release 2 and then, if it is asked to, release 1.
  private var restoring: Behaviour {
    var behaviour = obedient
    behaviour.restores = ["2:\(digest("b"))", "1:\(digest("a"))"]
    return behaviour
  }

  private func restoringStep(_ host: HostName) -> PlannedStep {
    step(
      host,
      .restore(
        .known(ReleaseRecord(number: 2, files: [:], certificates: [:]), digest: "bb")))
  }

  @Test("also undoes a rollback, to the release that the plan names")
  func revertedRollback() async {
    var plan = plan([restoringStep("a")], [[["a"]]])
    plan.verifiesEdges = true
    let hosts = FakeHosts(["a": restoring], journal)
    let summary = await rollout(plan, hosts, problems: ["a": ["edge-1 → a: it is refused"]])
      .run(plan, state: FleetState(fleet: "shop", lineage: "l"))
    #expect(summary.results["a"]?.name == "reverted", "\(summary)")
    // The state is updated before edges are tested, which reads it.
    #expect(
      journal.all.filter { $0.hasPrefix("record") || $0.hasPrefix("verify") } == [
        "record a 2", "verify a", "record a 1",
      ])
    let transactions = await hosts.transactions
    #expect(transactions.count == 2)
    #expect(
      transactions[0].contains("'mode=restore' 'release=2' 'expected=1:aa'"), "\(transactions)")
    #expect(
      transactions[1].contains("'mode=restore' 'release=1' 'expected=2:\(digest("b"))'"),
      "\(transactions)")
  }

  @Test("keeps confirmed hosts if the playbook only rolls back the failed host")
  func revertsOne() async {
    let summary = await run(
      planOfThree(), ["b": Behaviour(answers: [.says("@deploy reverted reload\n")])])
    #expect(summary.results["a"] == .confirmed(.release(2)))
    #expect(journal.starting("go") == ["a", "b"])
  }

  @Test("runs the hooks around each host's go signal, and a failed one prevents it")
  func hooks() async {
    var plan = planOfThree()
    plan.hooks = PlannedHooks(beforeHost: [["drain"]], afterHost: [["fill"]], timeout: 9)
    let summary = await run(plan, ["c": Behaviour()], failing: [])
    #expect(summary.isSuccess)
    #expect(
      journal.all.filter { $0.hasPrefix("go") || $0.hasPrefix("hook") } == [
        "hook drain a 2", "go a", "hook fill a 2 confirmed", "hook drain b 2", "go b",
        "hook fill b 2 confirmed", "hook drain c 2", "go c", "hook fill c 2 confirmed",
      ])
  }

  @Test("does not give the go signal to a host whose hook fails")
  func failedHook() async {
    var plan = planOfThree()
    plan.hooks = PlannedHooks(beforeHost: [["fail"]], afterHost: [], timeout: 9)
    let summary = await run(plan)
    #expect(journal.starting("go").isEmpty)
    #expect(summary.results["a"]?.name == "refused")
    #expect(journal.starting("abandoned").sorted() == three.map(\.text))
  }
}
