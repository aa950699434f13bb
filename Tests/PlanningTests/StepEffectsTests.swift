import Fleet
import FleetLiterals
import Foundation
import Planning
import State
import Testing

@Suite("The effects of a step on connections")
struct StepEffectsTests {
  private static let text: String = {
    let file = PlanCase.folder.appending(path: "shop.yml")
    do { return try String(contentsOf: file, encoding: .utf8) } catch { return "\(error)" }
  }()

  private func plan(_ scenario: inout Scenario, _ text: String) throws -> Plan {
    let (inventory, diagnostics) = Scenario.inventory(text)
    let read = try #require(inventory, "\(diagnostics)")
    scenario.askHosts(of: read)
    return scenario.plan(read)
  }

  private func reachability(of host: HostName, in plan: Plan) -> [[String]] {
    zip(plan.steps, plan.effects).filter { $0.0.host == host }.map(\.1.reachability)
  }

  @Test("a new host closes what its firewall does not name")
  func created() throws {
    var scenario = Scenario()
    let plan = try plan(&scenario, Self.text)
    #expect(
      reachability(of: "app-1", in: plan) == [
        [
          "443/tcp now only from 198.18.0.10, 198.18.0.11",
          "22/tcp stays open to everybody", "every other port closed; was open to everybody",
        ]
      ])
  }

  @Test("a back-end that leaves is open again to every source")
  func removed() throws {
    var scenario = Scenario()
    let first = try plan(&scenario, Self.text)
    scenario.apply(first)
    let text = Self.text.replacingOccurrences(of: "  app-2: {address: 198.18.0.22}\n", with: "")
      .replacingOccurrences(of: "[app-1, app-2]", with: "[app-1]")
    try #require(text != Self.text)
    let plan = try plan(&scenario, text)
    let step = try #require(plan.steps.firstIndex { $0.action == .remove })
    #expect(plan.effects[step].reachability.last == "every other port now from everybody")
    let edge = try #require(plan.steps.firstIndex { $0.host == "edge-1" })
    #expect(plan.effects[edge].routes.gone.map(\.host) == ["app-2"])
    #expect(plan.effects[edge].routes.new.isEmpty)
  }

  @Test("each step of a host is compared with the one before it")
  func inBetween() throws {
    var scenario = Scenario()
    let first = try plan(&scenario, Self.text)
    scenario.apply(first)
    let text = Self.text.replacingOccurrences(of: "198.18.0.10", with: "198.18.0.12")
    try #require(text != Self.text)
    let plan = try plan(&scenario, text)
    #expect(
      reachability(of: "app-1", in: plan) == [
        ["443/tcp now also from 198.18.0.12"], ["443/tcp no longer from 198.18.0.10"],
      ])
  }

  @Test("a release that was made before facts were recorded has no effects")
  func unknown() throws {
    var scenario = Scenario()
    let first = try plan(&scenario, Self.text)
    scenario.apply(first)
    for (name, result) in scenario.survey {
      guard case .observed(var host) = result else { continue }
      host.manifest?.release.facts = .init()
      scenario.survey[name] = .observed(host)
    }
    let plan = try plan(&scenario, Self.text.replacing("/srv/shop", with: "/srv/other"))
    let changed = try #require(plan.steps.firstIndex { $0.action == .change })
    #expect(plan.effects[changed].reachability.isEmpty)
  }
}

extension Plan {
  /// One for each step, in their order.
  fileprivate var effects: [StepEffects] { hosts.flatMap(\.effects) }
}
