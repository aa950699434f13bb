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

  @Test("A due certificate of another source is not ordered")
  func otherSource() throws {
    var scene = OrderScene()
    try due(&scene)
    scene.account += ", directory: https://acme.example/directory"
    let plan = try scene.plan()
    #expect(plan.orders.isEmpty)
    let why = try #require(plan.blockedOrders[OrderScene.domain])
    #expect(why.contains("\"deploy apply\" orders another one"))
    #expect(plan.hosts.allSatisfy { $0.hold == nil })
  }

  @Test("A certificate with another key is left to apply until the present one is due")
  func otherKey() throws {
    var scene = OrderScene()
    scene.issue()
    try scene.apply()
    scene.scenario.isLimitedToRenewals = true
    scene.issue("NEW\n", isAlike: false)
    #expect(try !scene.plan().changesHosts)
    scene.wait(days: 61)
    #expect(try scene.plan().steps.map(\.host) == ["edge-1", "edge-2"])
  }

  @Test("A site that the inventory moves to another front-end is renewed where it is")
  func moved() throws {
    var scene = OrderScene()
    try due(&scene)
    scene.frontEnds = "[edge-2]"
    #expect(try scene.plan().orders.map(\.frontEnds) == [["edge-1", "edge-2"]])
    scene.issue("NEW\n")
    #expect(try scene.plan().steps.map(\.host) == ["edge-1", "edge-2"])
  }

  @Test("A due certificate is not ordered if the hosts would not answer its challenges")
  func unanswered() throws {
    var scene = OrderScene()
    try due(&scene)
    let other = try #require(AccountThumbprint(String(repeating: "o", count: 43)))
    scene.scenario.materials.thumbprints = [.default: other]
    let plan = try scene.plan()
    #expect(plan.orders.isEmpty)
    #expect(
      plan.blockedOrders[OrderScene.domain]?.contains("edge-1, edge-2 does not answer") == true)
  }

  @Test("A certificate that hosts have and that was not ordered is named when it may be due")
  func unknown() throws {
    var scene = OrderScene()
    try due(&scene)
    scene.scenario.materials.siteCertificates = [:]
    scene.scenario.now = Scenario.start
    scene.issue("RESTORED\n")
    scene.wait(days: 61)
    let plan = try scene.plan()
    #expect(plan.orders.isEmpty)
    #expect(plan.blockedOrders[OrderScene.domain]?.contains("which was not ordered") == true)
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

  @Test(
    "A due certificate that the inventory no longer orders is named, and its hosts are renewed otherwise"
  )
  func formerOrder() throws {
    var scene = OrderScene()
    try due(&scene)
    scene.orderNoLonger()
    scene.wait(days: 300)
    let plan = try scene.plan()
    #expect(plan.blockedOrders[OrderScene.domain]?.contains("no longer orders it") == true)
    #expect(plan.steps.map(\.host) == ["app-1", "edge-1", "edge-2"])
    scene.scenario.isLimitedToRenewals = false
    try scene.apply()
    scene.scenario.isLimitedToRenewals = true
    #expect(try scene.plan().blockedOrders.isEmpty)
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
