import Fleet
import FleetLiterals
import Inventories
import Planning
import State
import TestSupport
import Testing

@Suite("The status of a CA rotation")
struct RotationStatusTests {
  private var scenario = Scenario()
  private let inventory: Inventory

  init() throws {
    var random = SeededGenerator(seed: 7)
    inventory = try FleetSpec(&random).inventory()
    scenario.askHosts(of: inventory)
    scenario.apply(scenario.plan(inventory))
    scenario.state.caGenerations[0].status = .retiring
    scenario.state.caGenerations.append(Scenario.ca(2))
  }

  private func blockers(_ scenario: Scenario) -> [String] {
    RotationStatus(of: scenario.state, hosts: inventory.hosts, survey: scenario.survey)
      .blockers(toRemove: scenario.state.caGenerations[0])
  }

  private var names: [HostName] { inventory.hosts.map(\.name).sorted() }

  @Test("The old generation is needed until the last step of every host is done")
  func untilTheEnd() {
    var scenario = scenario
    #expect(
      blockers(scenario) == names.map { "\($0) presents certificates issued by it and trusts it" })
    let steps = scenario.plan(inventory).steps
    let ordered = steps.enumerated().sorted {
      ($0.element.stage, $0.offset) < ($1.element.stage, $1.offset)
    }
    for step in ordered.map(\.element) {
      #expect(blockers(scenario) != [])
      scenario.apply(step)
    }
    #expect(blockers(scenario) == [])
  }

  @Test("A host that may still need the old generation is named")
  func doubts() throws {
    var scenario = scenario
    scenario.apply(scenario.plan(inventory))
    let name = try #require(names.first)
    guard case .observed(let host) = scenario.survey[name] else { return #expect(Bool(false)) }
    scenario.survey[name] = .unreachable("no answer")
    #expect(blockers(scenario) == ["\(name): no answer"])
    scenario.survey[name] = nil
    #expect(blockers(scenario) == ["\(name): it was not contacted"])
    var changed = host
    changed.servedReleases = [1]
    scenario.survey[name] = .observed(changed)
    #expect(blockers(scenario) == ["\(name): its nginx still serves release 1"])
    changed = host
    changed.manifest = nil
    scenario.survey[name] = .observed(changed)
    #expect(blockers(scenario) == ["\(name): its manifest cannot be read"])
  }

  @Test("A host that has left the inventory counts until it has been cleaned up")
  func left() {
    var scenario = scenario
    scenario.apply(scenario.plan(inventory))
    var record = scenario.state.hosts[names[0]]
    record?.release.facts.trusts = ["a1"]
    scenario.state.hosts["gone-1"] = record
    scenario.survey["gone-1"] = .unreachable("no answer")
    #expect(
      blockers(scenario) == [
        "gone-1: no answer; according to the state, it still trusts this CA"
      ])
  }
}
