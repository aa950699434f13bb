import Application
import FleetFolders
import Testing

@Suite("Checking a fleet's files, without a terminal")
struct CheckFleetTests {
  @Test("reports a fleet without mistakes, and shows nothing")
  func sound() async throws {
    let fleet = try await TestFleet()
    let user = FakeInteraction()
    let report = try CheckFleet.report(fleet.location, playbook: nil, user)
    #expect(report.path == fleet.home.path + "/shop.yml" && report.warnings.isEmpty)
    #expect(user.seen.diagnostics.isEmpty)
  }

  @Test("shows every mistake of an inventory, and fails without a further message")
  func mistakes() async throws {
    let fleet = try await TestFleet()
    try fleet.home.write(
      fleet.home.inventory.replacing("valid_for: 10y", with: "valid_for: long\n  colour: red"),
      to: "shop.yml")
    let user = FakeInteraction()
    let failure = #expect(throws: Failure.self) {
      try CheckFleet.report(fleet.location, playbook: nil, user)
    }
    #expect(failure == Failure(.invalidInput))
    #expect(user.seen.diagnostics.count == 2)
  }
}
