import Fleet
import FleetLiterals
import Inventories
import Nginx
import State
import Testing

@testable import Planning

@Suite("Renewals of what is ordered or published elsewhere")
struct RenewalTests {
  private func due(_ scene: inout OrderScene) throws {
    scene.issue()
    try scene.apply()
    scene.wait(days: 61)
    scene.scenario.isLimitedToRenewals = true
  }

  @Test("A due certificate is ordered, and brought to hosts without anything else")
  func order() throws {
    var scene = OrderScene()
    try due(&scene)
    let plan = try scene.plan()
    #expect(plan.orders.map(\.waits) == [[]] && !plan.changesHosts)
    #expect(plan.orders.first?.frontEnds == ["edge-1", "edge-2"])

    scene.issue("NEW\n")
    let next = try scene.plan()
    #expect(next.orders.isEmpty)
    #expect(next.steps.map(\.host) == ["edge-1", "edge-2"])
    #expect(next.steps[0].changes.map(\.path) == [OrderScene.certificate])
  }

  @Test("A first certificate is left to apply")
  func first() throws {
    var scene = OrderScene()
    try scene.apply()
    scene.scenario.isLimitedToRenewals = true
    let plan = try scene.plan()
    #expect(!plan.hasChanges)
    #expect(
      plan.warnings.contains(
        "a renewal does not order the certificate of shop.example (there is none yet). \"deploy apply\" does"
      ))
  }

  @Test("A site with another name is renewed for the names that its hosts serve")
  func names() throws {
    var scene = OrderScene()
    try due(&scene)
    scene.site += "\n    aliases: [www.shop.example]"
    let plan = try scene.plan()
    #expect(plan.orders.map(\.names) == [["shop.example"]])
    #expect(
      !plan.changesHosts && plan.warnings.contains { $0.contains("the site shop.example changes") })
  }

  @Test("A certificate without a name that a host serves is not brought to it")
  func lackingName() throws {
    var scene = OrderScene()
    scene.site += "\n    aliases: [www.shop.example]"
    scene.issue(names: ["shop.example", "www.shop.example"])
    try scene.apply()
    scene.scenario.isLimitedToRenewals = true
    scene.issue("NEW\n", names: ["*.shop.example", "shop.example"])
    #expect(try scene.plan().steps.map(\.host) == ["edge-1", "edge-2"])
    scene.issue("NEWER\n")
    let plan = try scene.plan()
    #expect(!plan.changesHosts)
    #expect(plan.hosts.filter { $0.hold?.kind == .blocked }.map(\.host) == ["edge-1", "edge-2"])
    #expect(
      plan.hosts.compactMap(\.hold).first?.reasons.first?.contains("www.shop.example") == true)
  }

  @Test("A due certificate of another source refuses the hosts that have it")
  func otherSource() throws {
    var scene = OrderScene()
    try due(&scene)
    scene.account += ", directory: https://acme.example/directory"
    let plan = try scene.plan()
    #expect(plan.orders.isEmpty)
    let edges = plan.hosts.filter { $0.hold?.kind == .blocked }
    #expect(edges.map(\.host) == ["edge-1", "edge-2"])
    #expect(
      edges.first?.hold?.reasons.first?.contains("\"deploy apply\" orders another one") == true)
  }

  @Test("A file of the user is not replaced with an ordered certificate")
  func fileOfUser() throws {
    var scene = OrderScene()
    scene.provide("FILE\n")
    try scene.apply()
    scene.site = "certificate: {acme: true}"
    scene.scenario.materials = .init()
    scene.scenario.isLimitedToRenewals = true
    scene.issue()
    #expect(try !scene.plan().changesHosts)
    scene.issue("NEW\n")
    #expect(try !scene.plan().changesHosts)
    scene.scenario.isLimitedToRenewals = false
    #expect(try scene.plan().changesHosts)
  }

  @Test("A host that missed renewals gets the latest certificate")
  func missed() throws {
    var scene = OrderScene()
    try due(&scene)
    scene.issue("NEW\n")
    scene.issue("NEWER\n")
    #expect(try scene.plan().steps.map(\.host) == ["edge-1", "edge-2"])
  }

  @Test("A certificate is ordered with the kind of key and the profile that it has")
  func keyAndProfile() throws {
    var scene = OrderScene()
    try due(&scene)
    scene.account += ", key: rsa-3072"
    scene.site = "certificate: {acme: {profile: shortlived}}"
    let order = try #require(scene.plan().orders.first)
    #expect(order.key == .ecdsaP256 && order.profile == nil)
    scene.scenario.isLimitedToRenewals = false
    let changed = try #require(scene.plan().orders.first)
    #expect(changed.key == .rsa3072 && changed.profile == "shortlived")
  }

  @Test("A due certificate that the inventory no longer orders refuses the hosts that have it")
  func formerOrder() throws {
    var scene = OrderScene()
    try due(&scene)
    scene.orderNoLonger()
    let held = try scene.plan().hosts.filter { $0.hold?.kind == .blocked }
    #expect(held.map(\.host) == ["edge-1", "edge-2"])
    #expect(held.first?.hold?.reasons.first?.contains("no longer orders it") == true)
    scene.scenario.isLimitedToRenewals = false
    try scene.apply()
    scene.scenario.isLimitedToRenewals = true
    #expect(try scene.plan().hosts.allSatisfy { $0.hold == nil })
  }

  @Test("A file of the user that cannot be read stops no renewal, and is named")
  func unreadable() throws {
    var scene = OrderScene()
    scene.site += "\n    snippets: {front_end: shop.conf}"
    let snippet = try #require(try scene.inventory.sites.first?.snippets.frontEnd)
    scene.scenario.materials.snippets[snippet.path] = "gzip off;\n"
    try due(&scene)
    scene.issue("NEW\n")
    scene.scenario.materials.snippets = [:]
    scene.scenario.materials.unread[OrderScene.domain] = ["shop.yml:15:27: no such file"]
    let plan = try scene.plan()
    #expect(plan.steps.map(\.host) == ["edge-1", "edge-2"])
    #expect(plan.steps[0].changes.map(\.path) == [OrderScene.certificate])
    #expect(plan.warnings.contains { $0.hasPrefix("shop.yml:15:27: no such file. The renewal") })
  }

  @Test(
    "A certificate of the fleet's CA is renewed by that CA, and not replaced with an ordered one")
  func otherKind() throws {
    var scene = OrderScene()
    scene.site = "certificate: {ca: true}"
    try scene.apply()
    scene.site = "certificate: {acme: true}"
    scene.issue()
    scene.scenario.isLimitedToRenewals = true
    #expect(try !scene.plan().changesHosts)

    scene.wait(days: 350)
    scene.issue("NEW\n")
    let installation = try #require(scene.plan().steps.last?.installation)
    #expect(installation.certificates.contains { $0.path == OrderScene.certificate })
    let file = installation.files.first { $0.path == OrderScene.certificate }
    #expect(file?.source == .certificate(OrderScene.certificate))
  }
}

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
