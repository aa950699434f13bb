import Application
import FleetLiterals
import Planning
import State
import Testing

@Suite("Planning a fleet, without a terminal")
struct PlanFleetTests {
  @Test("surveys every host, changes nothing and asks the user nothing")
  func online() async throws {
    let fleet = try await TestFleet()
    let user = FakeInteraction()
    let proposal = try await PlanFleet(fleet.run(user)).proposal(isOffline: false)
    #expect(proposal.plan.hosts.map(\.host) == ["app-1", "edge-1"])
    #expect(proposal.plan.hasChanges && proposal.caGenerations.count == 1)
    #expect(fleet.hosts.seen.surveys == [["app-1", "edge-1"]] && fleet.hosts.seen.isClosed)
    #expect(fleet.hosts.seen.plans.isEmpty && !fleet.hasState)
    #expect(user.seen.questions.isEmpty && user.seen.prompts.isEmpty)
  }

  @Test("surveys only the hosts of the scope, and refuses unknown hosts")
  func limited() async throws {
    let fleet = try await TestFleet()
    let user = FakeInteraction()
    let proposal = try await PlanFleet(fleet.run(user, RunScope(limit: "app-*")))
      .proposal(isOffline: false)
    #expect(fleet.hosts.seen.surveys == [["app-1"]])
    #expect(!proposal.excludedHosts.isEmpty && !proposal.excludedHosts.contains("app-1"))
    let failure = await #expect(throws: Failure.self) {
      try await PlanFleet(fleet.run(user, RunScope(limit: "app-9"))).proposal(isOffline: false)
    }
    #expect(failure?.kind == .usage && failure?.message?.contains("app-9") == true)
  }

  @Test("contacts no host if it is offline")
  func offline() async throws {
    let fleet = try await TestFleet()
    let proposal = try await PlanFleet(fleet.run(FakeInteraction())).proposal(isOffline: true)
    #expect(proposal.plan.hasChanges && fleet.hosts.seen.surveys.isEmpty)
  }
}
