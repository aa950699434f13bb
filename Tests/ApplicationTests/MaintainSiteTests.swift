import Execution
import Files
import Fleet
import FleetFolders
import FleetLiterals
import Foundation
import Planning
import State
import Testing

@testable import Application

@Suite("Maintenance of a site, without a terminal")
struct MaintainSiteTests {
  private func begin(
    _ site: DomainName = "shop.example", page: String? = nil, in fleet: TestFleet,
    _ user: FakeInteraction = FakeInteraction()
  ) async throws -> Summary {
    try await MaintainSite(fleet.run(user), site: site).begin(
      .init(page: page, allowed: ["198.51.100.0/24", "192.0.2.1"], retryAfter: .seconds(60)))
  }

  @Test("plans its front-ends alone, and is remembered with all that they need")
  func remembered() async throws {
    let fleet = try await TestFleet()
    try fleet.home.write("<p>soon</p>", to: "page.html")
    let user = FakeInteraction()
    #expect(try await begin(page: fleet.home.path + "/page.html", in: fleet, user).isSuccess)
    let plan = try #require(fleet.hosts.seen.plans.first)
    #expect(plan.hosts.map(\.host) == ["edge-1"] && user.seen.questions.count == 1)
    let record = try #require(try await fleet.state().maintenance(of: "shop.example"))
    #expect(record.page == "<p>soon</p>\n" && record.retryAfter == 60)
    #expect(record.allowed == ["192.0.2.1", "198.51.100.0/24"])
    #expect(plan.maintenance == [record])
    #expect(
      plan.warnings.contains { $0.contains("answer 503 to all but 192.0.2.1, 198.51.100.0/24") })
    // New settings replace the old ones, and the beginning stays.
    #expect(try await begin(in: fleet).isSuccess)
    let next = try #require(try await fleet.state().maintenance(of: "shop.example"))
    #expect(next.page == nil && next.since == record.since)
    let run = try await fleet.run(FakeInteraction())
    #expect(try await MaintainSite(run, site: "shop.example").end().isSuccess)
    #expect(try await fleet.state().maintenance.isEmpty)
  }

  @Test("is recorded before any host is changed, and only if the user confirms")
  func recordedFirst() async throws {
    let fleet = try await TestFleet(
      FakeFleet { means in #expect(await !means.keeper.state.maintenance.isEmpty) })
    await #expect(throws: Failure.self) {
      try await self.begin(in: fleet, FakeInteraction(saysYes: false))
    }
    #expect(try await fleet.state().maintenance.isEmpty)
    #expect(try await begin(in: fleet).isSuccess)
  }

  @Test("refuses a page with a key or without text, one for its owner alone, and an unknown site")
  func refused() async throws {
    let fleet = try await TestFleet()
    try fleet.home.write("-----BEGIN PRIVATE KEY-----\n", to: "key.html")
    try fleet.home.write("<p>\u{1B}</p>\n", to: "control.html")
    try fleet.home.write(String(repeating: "x", count: 1 << 20 + 1), to: "long.html")
    try fleet.home.write("<p>mine</p>\n", to: "own.html")
    try FileManager.default.setAttributes(
      [.posixPermissions: 0o600], ofItemAtPath: fleet.home.path + "/own.html")
    for (page, why) in [
      ("key", "contains a private key"), ("control", "control character"), ("long", "1 MiB"),
      ("own", "own.html"), ("none", "none.html"),
    ] {
      await #expect {
        try await self.begin(page: fleet.home.path + "/\(page).html", in: fleet)
      } throws: {
        Failure($0).kind == .invalidInput && Failure($0).text.contains(why)
      }
    }
    await #expect {
      try await self.begin("blog.example", in: fleet)
    } throws: {
      Failure($0).text.contains("no site blog.example")
    }
    #expect(fleet.hosts.seen.plans.isEmpty)
  }

  @Test("is forgotten with a site that leaves the inventory")
  func left() async throws {
    let fleet = try await TestFleet()
    #expect(try await begin(in: fleet).isSuccess)
    try fleet.home.write(
      fleet.home.inventory.replacing("shop.example", with: "blog.example"), to: "shop.yml")
    #expect(try await fleet.state().maintenance.isEmpty)
  }
}
