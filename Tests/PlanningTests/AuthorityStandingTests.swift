import Fleet
import Inventories
import Planning
import State
import TestSupport
import Testing

@Suite("Where a rotation of the authority stands")
struct AuthorityStandingTests {
  private var scenario = Scenario()
  private let inventory: Inventory

  init() throws {
    var random = SeededGenerator(seed: 7)
    inventory = try FleetSpec(&random).inventory()
    scenario.askHosts(of: inventory)
    scenario.apply(scenario.plan(inventory))
    scenario.state.authorities[0].status = .retiring
    scenario.state.authorities.append(Scenario.authority(2))
  }

  private func obstacles(_ scenario: Scenario) -> [String] {
    AuthorityStanding(of: scenario.state, hosts: inventory.hosts, survey: scenario.survey)
      .obstacles(toRemove: scenario.state.authorities[0])
  }

  private var names: [String] { inventory.hosts.map(\.name.text).sorted() }

  @Test("The old generation is needed until the last step of every host is done")
  func untilTheEnd() {
    var scenario = scenario
    #expect(
      obstacles(scenario) == names.map { "\($0) shows certificates of it and trusts it" })
    let steps = scenario.plan(inventory).steps
    let ordered = steps.enumerated().sorted {
      ($0.element.stage, $0.offset) < ($1.element.stage, $1.offset)
    }
    for step in ordered.map(\.element) {
      #expect(obstacles(scenario) != [])
      scenario.apply(step)
    }
    #expect(obstacles(scenario) == [])
  }

  @Test("A host that is not known to be without it is named")
  func doubts() throws {
    var scenario = scenario
    scenario.apply(scenario.plan(inventory))
    let name = try #require(names.first)
    guard case .observed(let host) = scenario.survey[name] else { return #expect(Bool(false)) }
    scenario.survey[name] = .unreachable("no answer")
    #expect(obstacles(scenario) == ["\(name): no answer"])
    scenario.survey[name] = nil
    #expect(obstacles(scenario) == ["\(name): it was not asked"])
    var changed = host
    changed.servedReleases = [1]
    scenario.survey[name] = .observed(changed)
    #expect(obstacles(scenario) == ["\(name): its nginx still serves release 1"])
    changed = host
    changed.manifest = nil
    scenario.survey[name] = .observed(changed)
    #expect(obstacles(scenario) == ["\(name): its manifest cannot be read"])
  }

  @Test("A host that has left the inventory counts until it has been cleaned")
  func left() {
    var scenario = scenario
    scenario.apply(scenario.plan(inventory))
    var record = scenario.state.hosts[names[0]]
    record?.release.facts.trusts = ["a1"]
    scenario.state.hosts["gone-1"] = record
    scenario.survey["gone-1"] = .unreachable("no answer")
    #expect(obstacles(scenario) == ["gone-1: no answer, and by what is recorded it trusts it"])
  }
}
