import Fleet
import FleetLiterals
import Inventories
import Planning
import State
import Testing

@Suite("An interrupted rotation of certificates")
struct RotationStartTests {
  private let fleet: Inventory
  private var scenario = Scenario()

  init() throws {
    let (inventory, diagnostics) = Scenario.inventory(
      """
      fleet: shop
      ca: {name: Shop CA, passphrase: {env: X}}
      front_ends: {edge-1: {address: 198.18.0.10}}
      back_ends: {app-1: {address: 198.18.0.21}, app-2: {address: 198.18.0.22}}
      sites:
        shop.example:
          {front_ends: all, back_ends: all, certificate: {ca: true}, back_end: {root: /srv/shop}}
      """)
    fleet = try #require(inventory, "\(diagnostics)")
    scenario.askHosts(of: fleet)
    scenario.apply(scenario.plan(fleet))
    scenario.renews = Set(Role.allCases)
  }

  /// - Returns: the progress of an interrupted one, if it is continued.
  @discardableResult
  private mutating func begin(startOver: Bool = false) -> (all: Int, left: Int)? {
    scenario.state.beginRotation(
      of: scenario.renews, on: fleet.hosts.map(\.name), scenario.survey, startOver: startOver,
      at: scenario.now
    )?.progress(in: scenario.state)
  }

  private func changed() -> [HostName] {
    scenario.plan(fleet).steps.map(\.host)
  }

  private mutating func carryOut(on host: HostName) {
    for step in scenario.plan(fleet).steps where step.host == host { scenario.apply(step) }
  }

  @Test("continues with the hosts that are not complete, and the next one starts over")
  mutating func goesOn() throws {
    #expect(begin() == nil)
    #expect(changed() == ["app-1", "app-2", "edge-1"])
    carryOut(on: "app-1")
    let progress = try #require(begin())
    #expect(progress.all == 4 && progress.left == 3)
    #expect(changed() == ["app-2", "edge-1"])
    carryOut(on: "app-2")
    carryOut(on: "edge-1")
    #expect(scenario.state.rotation?.progress(in: scenario.state).left == 0)
    scenario.state.rotation = nil
    #expect(begin() == nil)
    #expect(changed() == ["app-1", "app-2", "edge-1"])
  }

  @Test("replaces all certificates again if it is asked to or is a day old")
  mutating func startsOver() {
    begin()
    carryOut(on: "app-1")
    scenario.now = scenario.now.adding(seconds: 86_399)
    #expect(begin() != nil)
    #expect(begin(startOver: true) == nil)
    #expect(changed() == ["app-1", "app-2", "edge-1"])
    carryOut(on: "app-1")
    scenario.now = scenario.now.adding(seconds: 86_400)
    #expect(begin() == nil)
    #expect(changed() == ["app-1", "app-2", "edge-1"])
  }

  @Test("uses what the host reports if it was killed before it could record it")
  mutating func unrecorded() {
    begin()
    let record = scenario.state.hosts["app-1"]
    carryOut(on: "app-1")
    scenario.state.hosts["app-1"] = record
    begin()
    #expect(changed() == ["app-2", "edge-1"])
  }

  @Test("includes hosts that were not part of it before")
  mutating func another() {
    scenario.renews = [.frontEnd]
    begin()
    carryOut(on: "edge-1")
    scenario.renews = Set(Role.allCases)
    begin()
    #expect(changed() == ["app-1", "app-2"])
  }
}
