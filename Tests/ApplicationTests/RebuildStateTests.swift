import Application
import FleetFolders
import FleetLiterals
import State
import Testing

@Suite("Rebuilding the state, without a terminal")
struct RebuildStateTests {
  /// A fleet without a state, whose app-1 claims a release of version 0.1.0, which signed nothing.
  private static func fleet() async throws -> TestFleet {
    let manifest = Manifest(
      fleet: "shop", lineage: "l-1", host: nil, serial: 0, madeAt: .current, madeBy: "ann@laptop",
      release: ReleaseRecord(
        number: 3, files: [:], certificates: [:],
        facts: EdgeFacts(address: "198.18.0.21", trusts: [], openings: [], services: [])))
    var host = FakeFleet.freshHost
    (host.currentRelease, host.latestRelease) = (3, 3)
    host.shownManifest = ShownManifest(manifest: manifest, digest: "d", signature: .missing)
    return try await TestFleet(FakeFleet(answers: ["app-1": .observed(host)]))
  }

  @Test("believes unproven claims if the user confirms")
  func believed() async throws {
    let fleet = try await Self.fleet()
    let user = FakeInteraction()
    let result = try await RebuildState(fleet.run(user)).rebuild()
    #expect(user.seen.questions == ["Believe them?"])
    #expect((result.carrying, result.count) == (1, 2) && result.misfit == nil)
    let state = try await fleet.state()
    #expect(state.lineage == "l-1" && state.hosts["app-1"]?.release.number == 3)
    #expect(fleet.hosts.seen.plans.isEmpty)
  }

  @Test("writes no state unless the user confirms")
  func refused() async throws {
    let fleet = try await Self.fleet()
    let failure = await #expect(throws: Failure.self) {
      try await RebuildState(fleet.run(FakeInteraction(saysYes: false))).rebuild()
    }
    #expect(failure?.message?.hasPrefix("the state was not changed") == true)
    #expect(!fleet.hasState)
  }

  @Test("asks nothing if there are no unproven claims")
  func empty() async throws {
    let fleet = try await TestFleet()
    let user = FakeInteraction()
    let result = try await RebuildState(fleet.run(user)).rebuild()
    #expect(user.seen.questions.isEmpty && result.carrying == 0)
  }
}
