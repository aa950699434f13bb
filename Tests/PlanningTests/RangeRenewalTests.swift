import Fleet
import FleetLiterals
import Inventories
import State
import Testing

@testable import Planning

@Suite("Renewals of address ranges")
struct RangeRenewalTests {
  private var scenario = Scenario()

  private func inventory(
    _ more: String = "", ranges: [String]? = nil, site: String = ""
  ) throws -> Inventory {
    let (inventory, diagnostics) = Scenario.inventory(
      """
      fleet: shop
      ca: {name: Shop CA}
      front_ends: {edge-1: {address: 198.18.0.11}}
      back_ends: {app-1: {address: 198.18.0.21}}
      sites:
        shop.example:
          front_ends: all
          back_ends: all
          back_end: {root: /srv/shop}
          certificate: {ca: true}
          cdn: cloudflare
      \(site)
      firewall: {policy: drop\(more)}
      """)
    var read = try #require(inventory, "\(diagnostics)")
    if let ranges {
      read.networks[.cloudflare] = PublishedRanges(
        date: "2026-11-01", ranges: ranges.compactMap { AddressRange($0) })
    }
    return read
  }

  /// A fleet with the shipped ranges.
  private func applied() throws -> Scenario {
    var scenario = scenario
    let inventory = try inventory()
    scenario.askHosts(of: inventory)
    scenario.apply(scenario.plan(inventory))
    scenario.isLimitedToRenewals = true
    return scenario
  }

  @Test("Newer ranges change the firewall and the visitors' addresses, and are recorded")
  func newer() throws {
    let scenario = try applied()
    #expect(try !scenario.plan(inventory()).changesHosts)
    let step = try #require(scenario.plan(inventory(ranges: ["104.16.0.0/13"])).steps.first)
    #expect(step.host == "edge-1")
    #expect(step.changes.map(\.path) == ["firewall.nft", "nginx/real-address/cloudflare.conf"])
    let https = step.facts.openings.first { $0.target == .tcp(.https) }
    #expect(https?.from == .ranges(["104.16.0.0/13"]))
  }

  @Test("Ranges are left to apply if the inventory admits others to the same port")
  func sharedOpening() throws {
    var scenario = scenario
    let allowed = ", allow: [{port: 443, from: [198.18.7.0/24]}, {port: 80, from: [198.18.7.0/24]}]"
    scenario.askHosts(of: try inventory())
    scenario.apply(scenario.plan(try inventory(allowed)))
    scenario.isLimitedToRenewals = true
    let plan = try scenario.plan(inventory(allowed, ranges: ["104.16.0.0/13"]))
    #expect(!plan.changesHosts)
    #expect(plan.warnings.contains { $0.contains("does not change what else differs on edge-1") })
  }

  @Test("A firewall that the inventory changes otherwise is left to apply")
  func otherFirewall() throws {
    let scenario = try applied()
    let plan = try scenario.plan(inventory(", allow: [{port: 9100}]", ranges: ["104.16.0.0/13"]))
    let step = try #require(plan.steps.first)
    #expect(step.changes.map(\.path).contains("firewall.nft"))
    #expect(step.facts.openings.allSatisfy { $0.target != .tcp(9100) })
    #expect(plan.warnings.contains { $0.contains("the firewall changes") })
  }

  @Test(
    "Ranges are left to apply if the inventory has another site: the firewall would not admit all of them"
  )
  func otherSite() throws {
    let scenario = try applied()
    let site =
      "  blog.example: {front_ends: all, back_ends: all, back_end: {root: /srv/blog}, certificate: {ca: true}}"
    let plan = try scenario.plan(inventory(ranges: ["104.16.0.0/13"], site: site))
    #expect(!plan.changesHosts)
    #expect(plan.warnings.contains { $0.contains("does not change what else differs on edge-1") })
  }
}
