import Application
import Execution
import Fleet
import FleetFolders
import Inventories
import Playbooks
import State
import Testing

@Suite("Rotating certificates, without a terminal")
struct RotateCertificatesTests {
  private func rotate(_ fleet: TestFleet, _ user: FakeInteraction) async throws -> Summary {
    var scope = try RunScope()
    scope.command = .rotateCertificates
    scope.renews = Set(Role.allCases)
    return try await RotateCertificates(fleet.run(user, scope)).rotate(startOver: false)
  }

  @Test("shows one plan, asks once and carries it out")
  func approved() async throws {
    let fleet = try await TestFleet()
    let user = FakeInteraction()
    #expect(try await rotate(fleet, user).isSuccess)
    #expect(fleet.hosts.seen.plans == user.seen.plans && user.seen.questions.count == 1)
    // It replaces nothing that is left to be replaced.
    #expect(try await fleet.state().rotation == nil)
  }

  @Test("begins no rotation unless the user confirms")
  func refused() async throws {
    let fleet = try await TestFleet()
    await #expect(throws: Failure.self) {
      try await rotate(fleet, FakeInteraction(saysYes: false))
    }
    #expect(fleet.hosts.seen.plans.isEmpty && !fleet.hasState)
  }

  @Test("refuses the playbook of another command")
  func otherPlaybook() async throws {
    let fleet = try await TestFleet()
    try fleet.home.write("name: p\nprocedure: rotate-ca\n", to: "p.yml")
    var scope = try RunScope(playbook: fleet.home.path + "/p.yml")
    scope.command = .rotateCertificates
    let failure = await #expect(throws: Failure.self) {
      try await fleet.run(FakeInteraction(), scope)
    }
    #expect(failure?.kind == .usage)
  }
}
