import Application
import CAStore
import Execution
import FleetFolders
import FleetLiterals
import Planning
import Playbooks
import State
import Testing

@Suite("Rotating the CA, without a terminal")
struct RotateCATests {
  @Test("creates a generation that signs, and archives the one that no host trusts any longer")
  func rotated() async throws {
    let fleet = try await TestFleet()
    let user = FakeInteraction()
    let summary = try await RotateCA(fleet.run(user)).rotate(key: .archive, isEmergency: false)
    #expect(summary.isSuccess && fleet.hosts.seen.plans.count == 1)
    #expect(try fleet.home.folder.summary() == ["2 signing"])
    let archive = fleet.home.folder.archive
    #expect(
      user.seen.reports == [
        "\"Shop Certification Center\" is no longer trusted by any host; its key is kept encrypted in"
          + " \(archive.path)."
      ])
    #expect(try archive.listing().keys == [1])
    #expect(try await fleet.state().caGenerations.map(\.generation) == [2])
  }

  @Test("creates no generation if no host answers")
  func silence() async throws {
    let down = SurveyResult.unreachable("could not connect")
    let fleet = try await TestFleet(FakeFleet(answers: ["app-1": down, "edge-1": down]))
    let failure = await #expect(throws: Failure.self) {
      try await RotateCA(fleet.run(FakeInteraction())).rotate(key: nil, isEmergency: false)
    }
    #expect(
      failure?.message?.hasPrefix(
        "no host answered, so the CA was not rotated and nothing was changed:\n"
          + "    app-1: could not connect\n    edge-1: could not connect\n") == true)
    #expect(try fleet.home.folder.summary() == ["1 signing"])
    if fleet.hasState { #expect(try await fleet.state().caGenerations.map(\.generation) == [1]) }
  }

  @Test("creates a generation if one host answers")
  func oneAnswers() async throws {
    let fleet = try await TestFleet(FakeFleet(answers: ["app-1": .unreachable("no route")]))
    _ = try? await RotateCA(fleet.run(FakeInteraction())).rotate(key: nil, isEmergency: false)
    #expect(try fleet.home.folder.summary().contains("2 signing"))
  }

  @Test("keeps the new generation and changes no host unless the user confirms")
  func refused() async throws {
    let fleet = try await TestFleet()
    let failure = await #expect(throws: Failure.self) {
      try await RotateCA(fleet.run(FakeInteraction(saysYes: false)))
        .rotate(key: nil, isEmergency: false)
    }
    #expect(failure?.message?.contains("the new generation was created") == true)
    #expect(fleet.hosts.seen.plans.isEmpty)
    #expect(try fleet.home.folder.summary() == ["1 retiring", "2 signing"])
  }

  @Test("warns which hosts accept a compromised key only if there are any")
  func status() async throws {
    let fleet = try await TestFleet()
    let (state, standing) = try await RotateCA(fleet.run(FakeInteraction())).status()
    #expect(state.caGenerations.map(\.generation) == [1])
    #expect(Set(standing.rows.map(\.host)) == ["app-1", "edge-1"])
    #expect(standing.rows.allSatisfy { $0.trusts.isEmpty })
  }
}
