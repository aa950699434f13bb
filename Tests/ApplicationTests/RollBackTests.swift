import Certificates
import Execution
import Fleet
import FleetFolders
import FleetLiterals
import Hashing
import Planning
import State
import Testing

@testable import Application

@Suite("Rolling back, without a terminal")
struct RollBackTests {
  private static func manifest(_ number: ReleaseNumber, _ state: FleetState) -> Manifest {
    Manifest(
      fleet: state.fleet, lineage: state.lineage, host: "app-1", serial: 1, madeAt: .current,
      madeBy: "ann@laptop",
      release: ReleaseRecord(
        number: number, files: [:], certificates: [:],
        facts: EdgeFacts(address: "198.18.0.21", trusts: [], openings: [], services: [])))
  }

  /// A fleet whose app-1 has release 2, and release 1 still.
  private static func fleet() async throws -> TestFleet {
    let empty = try await TestFleet()
    var state = try await empty.state()
    let (first, second) = (manifest(1, state), manifest(2, state))
    let digest = Digest.sha256(of: second.text)
    state.hosts["app-1"] = HostRecord(
      address: "198.18.0.21", roles: ["back-end"], release: second.release, appliedAt: .current,
      appliedBy: "ann@laptop")
    state.expect(digest, fromSerial: 1, on: "app-1")
    var host = FakeFleet.freshHost
    (host.currentRelease, host.latestRelease) = (2, 2)
    (host.keptReleases, host.releaseBefore) = ([1, 2], 1)
    host.shownManifest = ShownManifest(manifest: second, digest: digest, signature: .missing)
    let hosts = FakeFleet(
      answers: ["app-1": .observed(host)],
      manifests: [
        "app-1": ShownManifest(
          manifest: first, digest: Digest.sha256(of: first.text),
          signature: .valid(FleetKey(generation: 1, publicKey: "11")))
      ])
    let fleet = TestFleet(home: empty.home, hosts: hosts)
    let run = try await fleet.run(FakeInteraction())
    try await run.states.whileLocked(for: "a test") { [state] in try await $0.save(state) }
    return fleet
  }

  private func rollBack(_ fleet: TestFleet, _ host: String, _ user: FakeInteraction) async throws
    -> Summary
  {
    try await RollBack(fleet.run(user, RunScope(hosts: [host], playbook: nil))).rollBack(to: nil)
  }

  @Test("plans the previous release, shows the plan, asks and carries it out")
  func approved() async throws {
    let fleet = try await Self.fleet()
    let user = FakeInteraction()
    #expect(try await rollBack(fleet, "app-1", user).isSuccess)
    let plan = try #require(fleet.hosts.seen.plans.first)
    #expect(plan.hasChanges && plan.hosts.map(\.host) == ["app-1"])
    #expect(user.seen.plans == [plan] && user.seen.questions.count == 1)
    // Nothing is signed.
    #expect(user.seen.prompts.isEmpty)
  }

  @Test("changes nothing unless the user confirms")
  func refused() async throws {
    let fleet = try await Self.fleet()
    await #expect(throws: Failure.self) {
      try await rollBack(fleet, "app-1", FakeInteraction(saysYes: false))
    }
    #expect(fleet.hosts.seen.plans.isEmpty)
  }

  @Test("is refused for a host without an earlier release, which the message names")
  func nothingEarlier() async throws {
    let fleet = try await Self.fleet()
    let user = FakeInteraction()
    await #expect {
      try await rollBack(fleet, "edge-1", user)
    } throws: {
      "\($0)".contains("edge-1")
    }
    #expect(user.seen.plans.isEmpty && fleet.hosts.seen.plans.isEmpty)
  }
}
