import Fleet
import FleetLiterals
import Foundation
import Inventories
import Planning
import Playbooks
import State
import Testing

@Suite("A plan from the state alone")
struct OfflinePlanTests {
  private func text() throws -> String {
    try String(contentsOf: PlanCase.folder.appending(path: "shop.yml"), encoding: .utf8)
  }

  /// The fleet of `shop.yml`, applied to hosts with a version of nginx.
  private func applied(nginx: String) throws -> Scenario {
    var scenario = Scenario()
    let inventory = try #require(Scenario.inventory(try text()).0)
    for host in inventory.hosts {
      scenario.survey[host.name] = .observed(Scenario.freshHost(nginx: nginx))
    }
    scenario.apply(scenario.plan(inventory))
    return scenario
  }

  private func offline(_ scenario: Scenario, _ text: String) throws -> Plan {
    let inventory = try #require(Scenario.inventory(text).0)
    return Planner.offline(
      PlanningInput(
        DesiredFleet(inventory, .rolling, Materials()), scenario.state,
        ObservedFleet([:], at: scenario.now), now: scenario.now, digest: Scenario.digest))
  }

  @Test(
    "has no changes if nothing was changed, with any version of nginx",
    arguments: ["1.18.0", "1.22.1", "1.26.3"])
  func nothing(nginx: String) throws {
    let plan = try offline(try applied(nginx: nginx), try text())
    #expect(plan.hosts.allSatisfy { $0.isUnchanged })
    #expect(plan.warnings.count == 1 && plan.warnings[0].hasPrefix("no host was contacted"))
  }

  @Test("has the same changes and reasons as a plan with a survey")
  func changes() throws {
    let scenario = try applied(nginx: "1.22.1")
    let text = try text().replacing("/srv/blog", with: "/srv/other")
    let asked = scenario.plan(try #require(Scenario.inventory(text).0))
    let plan = try offline(scenario, text)
    #expect(plan.stages == asked.stages)
    #expect(plan.hosts.map(\.actions) == asked.hosts.map(\.actions))
    #expect(plan.steps.map(\.reasons) == asked.steps.map(\.reasons))
    let changes = plan.steps.flatMap(\.changes)
    #expect(changes.map(\.path) == asked.steps.flatMap(\.changes).map(\.path))
    #expect(!changes.isEmpty && changes.allSatisfy { $0.diff == nil })
  }

  @Test("assumes that hosts without a record are empty, and cleans up those that left")
  func comingAndGoing() throws {
    let text = try text().replacing("app-2", with: "app-9")
    let plan = try offline(try applied(nginx: "1.22.1"), text)
    let actions = Dictionary(grouping: plan.steps, by: \.host).mapValues { $0.map(\.action) }
    #expect(actions["app-9"] == [.create])
    #expect(actions["app-2"]?.last == .remove)
  }
}
