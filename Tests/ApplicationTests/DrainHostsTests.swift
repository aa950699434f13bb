import Execution
import Fleet
import FleetFolders
import FleetLiterals
import Planning
import State
import Testing

@testable import Application

@Suite("Draining back-ends, without a terminal")
struct DrainHostsTests {
  private static let inventory = """
    fleet: shop
    ca: {name: Shop Certification Center}
    front_ends:
      edge-1: {address: 198.18.0.10}
      edge-2: {address: 198.18.0.11}
    back_ends:
      app-1: {address: 198.18.0.21, labels: {rack: b4}}
      app-2: {address: 198.18.0.22}
      spare-1: {address: 198.18.0.23}
    sites:
      shop.example:
        front_ends: [edge-1]
        back_ends: [app-1, app-2]
        certificate: {ca: true}
        back_end: {root: /srv/shop}
      blog.example:
        front_ends: [edge-2]
        back_ends: [app-2, {host: spare-1, backup: true}]
        certificate: {ca: true}
        back_end: {root: /srv/blog}
    """

  private func fleet(_ hosts: FakeFleet = FakeFleet()) async throws -> TestFleet {
    let fleet = try await TestFleet(hosts)
    try fleet.home.write(Self.inventory, to: "shop.yml")
    return fleet
  }

  @discardableResult
  private func drain(
    _ hosts: String..., in fleet: TestFleet, isForced: Bool = false, wait: Duration = .zero,
    _ user: FakeInteraction = FakeInteraction()
  ) async throws -> Summary {
    try await DrainHosts(fleet.run(user, RunScope(hosts: hosts, playbook: nil)))
      .drain(isForced: isForced, waiting: wait)
  }

  @discardableResult
  private func undrain(_ host: String, in fleet: TestFleet) async throws -> Summary {
    try await DrainHosts(fleet.run(FakeInteraction(), RunScope(hosts: [host], playbook: nil)))
      .undrain()
  }

  @Test("plans the front-ends of its sites alone, and is remembered with who and when")
  func drained() async throws {
    let fleet = try await fleet()
    let user = FakeInteraction()
    #expect(try await drain("app-1", in: fleet, user).isSuccess)
    let plan = try #require(fleet.hosts.seen.plans.first)
    #expect(plan.hosts.map(\.host) == ["edge-1"])
    #expect(user.seen.questions.count == 1)
    let record = try #require(try await fleet.state().drained["app-1"])
    #expect(record.by.contains("@") && !record.isForced)
    #expect(plan.drained.keys.sorted() == ["app-1"])
    #expect(plan.warnings.contains { $0.contains("send no requests to app-1, drained on ") })
    // Again, it keeps the time and the user.
    try await drain("app-1", in: fleet)
    #expect(try await fleet.state().drained["app-1"] == record)
    try await undrain("app-1", in: fleet)
    #expect(try await fleet.state().drained.isEmpty)
    #expect(try #require(fleet.hosts.seen.plans.last).hosts.map(\.host) == ["app-1", "edge-1"])
  }

  @Test("records nothing unless the user confirms")
  func refused() async throws {
    let fleet = try await fleet()
    await #expect(throws: Failure.self) {
      try await self.drain("app-1", in: fleet, FakeInteraction(saysYes: false))
    }
    #expect(try await fleet.state().drained.isEmpty && fleet.hosts.seen.plans.isEmpty)
  }

  @Test("has recorded the wish before any host is changed")
  func recordedFirst() async throws {
    let fleet = try await fleet(
      FakeFleet { means in #expect(await means.keeper.state.drained["app-1"] != nil) })
    try await drain("app-1", in: fleet)
    #expect(try await fleet.state().drained["app-1"] != nil)
  }

  @Test(
    "is refused for hosts of which no site would be left",
    arguments: [
      (["app-1", "app-2"], "shop.example: no back-end would be left"),
      (["app-2"], "blog.example: only its backup spare-1 would be left"),
      (["edge-1"], "edge-1 serves no site"), (["app-9"], "no host or label app-9"),
    ])
  func last(_ hosts: [String], _ why: String) async throws {
    let fleet = try await fleet()
    let run = try await fleet.run(FakeInteraction(), RunScope(hosts: hosts, playbook: nil))
    await #expect {
      try await DrainHosts(run).drain(isForced: false, waiting: .zero)
    } throws: {
      "\(Failure($0).text)".contains(why)
    }
    #expect(try await fleet.state().drained.isEmpty && fleet.hosts.seen.plans.isEmpty)
  }

  @Test("takes also the last back-end if that is forced")
  func forced() async throws {
    let fleet = try await fleet()
    try await drain("app-1", in: fleet)
    await #expect(throws: Failure.self) { try await self.drain("app-2", in: fleet) }
    #expect(try await drain("app-2", in: fleet, isForced: true).isSuccess)
    #expect(
      try await fleet.state().drained.mapValues(\.isForced) == ["app-1": false, "app-2": true])
  }

  @Test("fails if connections are left when the time is over, and the host stays drained")
  func leftOver() async throws {
    let fleet = try await fleet(FakeFleet(openConnections: ["app-1": 2]))
    let summary = try await drain("app-1", in: fleet, wait: .milliseconds(1))
    #expect(summary.stopped?.contains("app-1 has 2 connections of front-ends") == true)
    #expect(summary.failure?.kind == .failed)
    #expect(try await fleet.state().drained["app-1"] != nil)
    #expect(fleet.hosts.seen.counted.contains("app-1"))
  }

  @Test("is forgotten with a host that is neither in the inventory nor recorded")
  func left() async throws {
    let fleet = try await fleet()
    try await drain("app-1", in: fleet)
    try fleet.home.write(
      Self.inventory.replacing("  app-1: {address: 198.18.0.21, labels: {rack: b4}}\n", with: "")
        .replacing("[app-1, app-2]", with: "[app-2]"), to: "shop.yml")
    #expect(try await fleet.state().drained.isEmpty)
  }
}
