import Application
import Execution
import FleetFolders
import FleetLiterals
import Foundation
import Planning
import State
import Testing

@Suite("Applying a plan, without a terminal")
struct ApplyPlanTests {
  @Test("shows the plan, asks, carries it out and shows the summary")
  func approved() async throws {
    let fleet = try await TestFleet()
    let user = FakeInteraction()
    let summary = try await ApplyPlan(fleet.run(user)).apply()
    #expect(summary.isSuccess && Set(summary.results.keys) == ["app-1", "edge-1"])
    #expect(user.seen.plans == fleet.hosts.seen.plans && user.seen.plans.count == 1)
    #expect(user.seen.questions == ["Carry this plan out?"])
    #expect(user.seen.summaries == [summary])
    // Unlocked before a host is touched, and once.
    #expect(user.seen.prompts == ["Passphrase of \"Shop Certification Center\": "])
    #expect(fleet.hosts.seen.isClosed)
    let state = try await fleet.state()
    #expect(state.serial == 1 && state.fleetKeys.count == 1)
  }

  @Test("changes nothing and unlocks no key unless the user confirms")
  func refused() async throws {
    let fleet = try await TestFleet()
    let user = FakeInteraction(saysYes: false)
    let failure = await #expect(throws: Failure.self) {
      try await ApplyPlan(fleet.run(user)).apply()
    }
    #expect(
      failure
        == Failure(
          .failed, "nothing was changed"))
    #expect(user.seen.plans.count == 1 && user.seen.summaries.isEmpty && user.seen.prompts.isEmpty)
    #expect(fleet.hosts.seen.plans.isEmpty && fleet.hosts.seen.isClosed && !fleet.hasState)
  }

  @Test("changes nothing if the passphrase is wrong")
  func wrongPassphrase() async throws {
    let fleet = try await TestFleet()
    let user = FakeInteraction(passphrase: "mistyped")
    await #expect {
      try await ApplyPlan(fleet.run(user)).apply()
    } throws: {
      "\($0)".contains("the passphrase is wrong")
    }
    #expect(fleet.hosts.seen.plans.isEmpty && !fleet.hasState)
  }

  @Test("is refused while another run holds the state's lock")
  func locked() async throws {
    let fleet = try await TestFleet()
    let run = try await fleet.run(FakeInteraction())
    try await run.workspace.whileLocked(for: "a test") {
      let error = await #expect(throws: (any Error).self) { try await ApplyPlan(run).apply() }
      #expect(error.map { Failure($0).kind } == .locked)
    }
    #expect(fleet.hosts.seen.surveys.isEmpty)
  }

  @Test("carries out a saved plan, and nothing if the state has changed since")
  func saved() async throws {
    let fleet = try await TestFleet()
    let user = FakeInteraction()
    let proposal = try await PlanFleet(fleet.run(user)).proposal(isOffline: false)
    var scope = try RunScope()
    try scope.restrict(to: proposal.saved)
    #expect(try await ApplyPlan(fleet.run(user, scope)).apply().isSuccess)
    let again = await #expect(throws: Failure.self) {
      try await ApplyPlan(fleet.run(user, scope)).apply()
    }
    #expect(again?.message?.contains("Nothing was changed") == true, "\(again?.message ?? "")")
    #expect(fleet.hosts.seen.plans.count == 1)
  }
}
