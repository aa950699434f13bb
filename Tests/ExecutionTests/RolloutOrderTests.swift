import Fleet
import FleetLiterals
import Planning
import State
import Synchronization
import Testing

@testable import Execution

/// Which hosts wait for which.
extension RolloutTests {
  @Test("holds a front-end if none of its back-ends is ready, and the removals that depend on it")
  func deadEnd() async {
    var edge = step("edge", roles: ["front-end"])
    edge.ways = [.init(site: "shop.example", needs: [.init(host: "new", goal: .release(2))])]
    var old = step("old")
    old.needs = [.init(host: "edge", goal: .release(2))]
    let summary = await run(
      plan([step("new"), edge, old], [[["new"]], [["edge"]], [["old"]]]),
      ["new": Behaviour(isReachable: false)])
    #expect(
      summary.results["edge"]
        == .notAttempted(why: "it would have no back-end for shop.example: new did not get ready"))
    #expect(summary.results["old"]?.name == "not attempted")
    #expect(journal.starting("go").isEmpty)
  }

  @Test("continues with a front-end if one of its back-ends is ready")
  func oneWay() async {
    var edge = step("edge", roles: ["front-end"])
    edge.ways = [
      .init(
        site: "shop.example",
        needs: [.init(host: "down", goal: .release(2)), .init(host: "new", goal: .release(2))])
    ]
    let summary = await run(
      plan([step("down"), step("new"), edge], [[["down", "new"]], [["edge"]]]),
      ["down": Behaviour(isReachable: false)])
    #expect(summary.results["edge"] == .confirmed(.release(2)))
  }

  @Test("cleans no host that a front-end left behind may still use")
  func neededHost() async {
    var gone = step("gone", .remove)
    gone.needs = [.init(host: "edge", goal: .release(2))]
    let summary = await run(
      plan([step("edge", roles: ["front-end"]), gone], [[["edge"]], [["gone"]]]),
      ["edge": Behaviour(isReachable: false)])
    #expect(
      summary.results["gone"]
        == .notAttempted(
          why:
            "it waits for edge: an edge between them would break. Run again when that host can"
            + " change"))
    #expect(journal.starting("abandoned") == ["gone"])
    #expect(journal.starting("go").isEmpty)
  }

  /// A back-end that takes two steps with a front-end's between them.
  private func planOfSteps() -> Plan {
    let kept = PlannedFile(path: "firewall.nft", source: .present)
    var second = step("app", .install(Installation(release: 3, files: [kept])))
    (second.expected, second.present) = (nil, nil)
    second.stage = 2
    second.needs = [.init(host: "edge", goal: .release(2))]
    var edge = step("edge", roles: ["front-end"])
    edge.needs = [.init(host: "app", goal: .release(2))]
    return plan([step("app"), second, edge], [[["app"]], [["edge"]], [["app"]]])
  }

  private var twoAnswers: Behaviour {
    Behaviour(
      answers: [.says("@deploy applied 2\n"), .says("@deploy applied 3\n")],
      confirmations: ["@deploy waiting\n", "@deploy confirmed 2\n", "@deploy confirmed 3\n"])
  }

  @Test("takes a host through its steps, with others between them")
  func severalSteps() async {
    let summary = await run(planOfSteps(), ["app": twoAnswers])
    #expect(
      journal.all.filter { $0.hasPrefix("go") || $0.hasPrefix("record") } == [
        "go app", "record app 2", "go edge", "record edge 2", "go app", "record app 3",
      ])
    #expect(
      summary.results == ["app": .confirmed(.release(3)), "edge": .confirmed(.release(2))])
  }

  @Test("leaves a host between its steps if another one is not ready")
  func heldBetweenSteps() async {
    let summary = await run(
      planOfSteps(), ["app": twoAnswers, "edge": Behaviour(isReachable: false)])
    #expect(journal.starting("go") == ["app"])
    #expect(journal.starting("record") == ["app 2"])
    #expect(
      summary.results["app"]
        == .notAttempted(
          why:
            "release 2 is confirmed and accepts both the old and the new configuration, but the next"
            + " step was not taken: it waits for edge: an edge between them would break. Run again when that host can change"
        ))
  }

  @Test("sends a host that has the program at most 8 KB besides the release's archive")
  func bytesSent() async throws {
    let hosts = FakeHosts([:], journal)
    let plan = plan([step("a")], [[["a"]]])
    let summary = await rollout(plan, hosts)
      .run(plan, state: FleetState(fleet: "shop", lineage: "l"))
    #expect(summary.isSuccess)
    let order = try #require(await hosts.transactions.first)
    let archive = try #require(order.firstMatch(of: /'size=(\d+)'/).flatMap { Int($0.1) })
    let survey = HostCall(
      command: .survey(vulnerabilities: NginxVulnerability.names), program: .fake)
    #expect(archive > 0)
    #expect(await hosts.bytesSent - archive + survey.launcher.count < 8 * 1024)
  }
}
