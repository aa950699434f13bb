import Inventories
import Planning
import Playbooks
import State
import Testing

@Suite("A plan to go back")
struct RollbackTests {
  private static func text(port: Int) -> String {
    """
    fleet: shop
    authority: {name: Shop CA, passphrase: {env: X}}
    front_ends: {edge-1: {address: 198.18.0.10}}
    back_ends: {app-1: {address: 198.18.0.21}}
    sites:
      shop.example:
        front_ends: all
        back_ends: all
        certificate: {authority: true}
        back_end: {port: \(port), root: /srv/shop}
    """
  }

  @Test("leads to what was there before the run, not to a release that it went through")
  func overSteps() throws {
    var scenario = Scenario()
    for port in [443, 8443] {
      let (inventory, diagnostics) = Scenario.inventory(Self.text(port: port))
      let fleet = try #require(inventory, "\(diagnostics)")
      scenario.askHosts(of: fleet)
      scenario.apply(scenario.plan(fleet))
    }
    let fleet = try #require(Scenario.inventory(Self.text(port: 8443)).0)
    let host = try #require(fleet.hosts.first { $0.name.text == "app-1" })
    guard case .observed(var observation) = scenario.survey["app-1"] else {
      Issue.record("app-1 was not asked")
      return
    }
    // It went from 1 through 2, which serves on both ports, to 3.
    #expect(observation.currentRelease == 3)
    (observation.keptReleases, observation.releaseBefore) = ([1, 2, 3], 2)
    scenario.survey["app-1"] = .observed(observation)
    let plan = try Planner.rollback(
      RollbackInput(
        hosts: [host], number: nil, keepReleases: 5, playbook: .rolling, state: scenario.state,
        survey: scenario.survey, now: scenario.now))
    #expect(plan.steps.map(\.release) == [1])
  }
}
