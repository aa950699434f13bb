import Fleet
import FleetLiterals
import Inventories
import Nginx
import Playbooks
import State
import Testing

@testable import Planning

@Suite("Certificates that are ordered")
struct OrderTests {
  @Test("A new site answers challenges first, then gets its certificate in one step")
  func firstOrder() throws {
    var scene = OrderScene()
    let first = try scene.apply()
    let order = try #require(first.orders.first)
    #expect(order.reason == .first)
    #expect(order.waits == ["edge-1", "edge-2"])
    #expect(order.proof == .http(["edge-1", "edge-2"]))
    let text = try scene.text(OrderScene.configuration, on: "edge-1")
    #expect(text.contains("return       200 $1.\(OrderScene.thumbprint);"))
    #expect(!text.contains("listen 443") && !text.contains("proxy_pass"))
    #expect(!scene.files(of: "edge-1").contains(OrderScene.certificate))

    let second = try scene.plan()
    #expect(second.orders.map(\.waits) == [[]] && !second.changesHosts)

    scene.issue()
    let third = try scene.apply()
    #expect(third.orders.isEmpty)
    #expect(third.hosts.filter { !$0.steps.isEmpty }.map(\.host) == ["edge-1", "edge-2"])
    #expect(third.hosts.allSatisfy { $0.steps.count <= 1 })
    #expect(third.orderedKeys == [OrderScene.domain])
    #expect(try scene.text(OrderScene.configuration, on: "edge-2").contains("listen 443"))
    #expect(try !scene.plan().hasChanges)
  }

  @Test("A renewal is due when a third of the lifetime is left, and waits for no host")
  func renewal() throws {
    var scene = OrderScene()
    scene.issue()
    try scene.apply()
    scene.wait(days: 54)
    #expect(try !scene.plan().hasChanges)
    scene.wait(days: 7)
    let plan = try scene.plan()
    #expect(plan.orders.map(\.waits) == [[]])
    guard case .due = plan.orders.first?.reason else {
      Issue.record("not due: \(plan.orders)")
      return
    }
  }

  @Test("A certificate of six days is renewed two days before its end, and never at once")
  func shortLived() throws {
    var scene = OrderScene()
    scene.issue(days: 6)
    try scene.apply()
    #expect(try !scene.plan().hasChanges)
    scene.wait(days: 3)
    #expect(try !scene.plan().hasChanges)
    scene.wait(days: 1)
    #expect(try scene.plan().orders.count == 1)
  }

  @Test("The server's suggestion counts more than the lifetime")
  func suggestion() throws {
    var scene = OrderScene()
    let start = scene.scenario.now.adding(seconds: 10 * OrderScene.day)
    scene.issue(suggestion: start...start.adding(seconds: OrderScene.day))
    try scene.apply()
    scene.wait(days: 9)
    #expect(try !scene.plan().hasChanges)
    scene.wait(days: 2)
    #expect(try scene.plan().orders.count == 1)
  }

  @Test("A new name waits for the front-ends, which keep the present certificate until then")
  func addedName() throws {
    var scene = OrderScene()
    scene.issue()
    try scene.apply()
    scene.site = "certificate: {acme: true}\n    aliases: [www.shop.example]"
    let plan = try scene.apply()
    #expect(plan.orders.first?.reason == .names(added: ["www.shop.example"], removed: []))
    #expect(plan.orders.first?.waits == ["edge-1", "edge-2"])
    #expect(scene.files(of: "edge-1").contains(OrderScene.certificate))
    #expect(try scene.plan().orders.map(\.waits) == [[]])
  }

  @Test(
    "Another server, key or profile and a revocation each order another certificate",
    arguments: [
      ("directory: letsencrypt-staging, terms_agreed: true", "certificate: {acme: true}", false),
      ("key: rsa-3072, terms_agreed: true", "certificate: {acme: true}", false),
      ("terms_agreed: true", "certificate: {acme: {profile: shortlived}}", false),
      ("terms_agreed: true", "certificate: {acme: true}", true),
    ])
  func changed(account: String, site: String, isRevoked: Bool) throws {
    var scene = OrderScene()
    scene.issue()
    try scene.apply()
    (scene.account, scene.site) = (account, site)
    scene.issue(isRevoked: isRevoked)
    let plan = try scene.plan()
    #expect(plan.orders.count == 1 && plan.orders[0].waits.isEmpty && !plan.changesHosts)
  }

  @Test("A DNS challenge waits for no host and puts nothing on hosts")
  func dns() throws {
    var scene = OrderScene()
    scene.account = "terms_agreed: true, dns: {present: [./hook], cleanup: [./hook]}"
    scene.site = "certificate: {acme: {names: [\"*.shop.example\"]}}"
    scene.scenario.materials.thumbprints = [:]
    let plan = try scene.apply()
    #expect(plan.orders.map(\.proof) == [.dns] && plan.orders[0].waits.isEmpty)
    #expect(plan.orders[0].names == ["shop.example", "*.shop.example"])
    #expect(
      try !scene.text(OrderScene.configuration, on: "edge-1").contains("acme-challenge"))
  }

  @Test("A controller without the certificate does not take it from hosts that have one")
  func lostCopy() throws {
    var scene = OrderScene()
    scene.issue()
    try scene.apply()
    scene.scenario.materials.siteCertificates = [:]
    let plan = try scene.plan()
    #expect(!plan.changesHosts)
    #expect(plan.orders.first?.reason == .first && plan.orders.first?.waits == [])
  }

  @Test("A site moves from files, from the fleet's CA and from files on hosts without a gap")
  func moves() throws {
    for before in [
      "certificate: {files: {certificate: a.pem, key: a.key}}", "certificate: {ca: true}",
      "certificate: {installed: {certificate: /etc/old/a.pem, key: /etc/old/a.key}}",
    ] {
      var scene = OrderScene()
      scene.site = before
      if before.contains("files") {
        scene.scenario.materials.siteCertificates[OrderScene.domain] = .init(
          certificate: "FILE\n", keyDigest: "f", notAfter: scene.scenario.now.adding(seconds: 1))
      }
      try scene.apply()
      scene.scenario.materials.siteCertificates = [:]
      scene.site = "certificate: {acme: true}"
      let plan = try scene.apply()
      #expect(plan.orders.first?.waits == ["edge-1", "edge-2"], "\(before)")
      let text = try scene.text(OrderScene.configuration, on: "edge-1")
      #expect(text.contains("listen 443") && text.contains("acme-challenge"), "\(before)")
      let file =
        before.contains("installed") ? "/etc/old/a.pem" : "current/" + OrderScene.certificate
      #expect(text.contains(file), "\(before)")
      scene.issue()
      try scene.apply()
      #expect(
        try scene.text(OrderScene.configuration, on: "edge-1")
          .contains("current/\(OrderScene.certificate)"))
      #expect(try !scene.plan().hasChanges)
    }
  }

  @Test("An order needs a selected front-end, and other commands order nothing")
  func scope() throws {
    var scene = OrderScene()
    scene.scenario.selector = try #require(Selector("app-1"))
    #expect(try scene.plan().orders.isEmpty)
    scene.scenario.selector = .all
    scene.scenario.orders = false
    #expect(try scene.plan().orders.isEmpty)
  }

  @Test("A saved plan orders only what was approved")
  func approved() throws {
    var scene = OrderScene()
    scene.issue()
    try scene.apply()
    let calm = try scene.plan()
    func saved(_ plan: Plan) -> ApprovedPlan {
      ApprovedPlan(
        plan, limit: nil, caGenerations: [], playbook: .rolling, scene.scenario.survey,
        digest: Scenario.digest)
    }
    scene.wait(days: 80)
    let due = try scene.plan()
    #expect(due.orders.count == 1)
    #expect(due.restricted(to: saved(calm), as: saved(due)).orders.isEmpty)
    #expect(due.restricted(to: saved(due), as: saved(due)).orders == due.orders)
  }

  @Test("What was ordered for something else replaces no current certificate")
  func staleCopy() throws {
    for isRevoked in [false, true] {
      var scene = OrderScene()
      scene.site = "certificate: {installed: {certificate: /etc/old/a.pem, key: /etc/old/a.key}}"
      try scene.apply()
      scene.issue(
        "OLD\n", names: isRevoked ? ["shop.example"] : ["other.example"], isRevoked: isRevoked)
      scene.site = "certificate: {acme: true}"
      let plan = try scene.apply()
      #expect(plan.orders.count == 1)
      #expect(
        try scene.text(OrderScene.configuration, on: "edge-1").contains("/etc/old/a.pem"))
    }
  }

  @Test("A host that has the key does not get it again with other changes")
  func keptKey() throws {
    var scene = OrderScene()
    scene.issue()
    try scene.apply()
    scene.site += "\n    timeouts: {read: 70s}"
    let plan = try scene.plan()
    #expect(plan.changesHosts && plan.orderedKeys.isEmpty)
  }

  @Test("After the orders, only hosts change that were to change or get a certificate")
  func limits() throws {
    var scene = OrderScene()
    let first = try scene.apply()
    scene.issue()
    let next = try scene.plan()
    let changed = Set(next.hosts.filter { !$0.steps.isEmpty }.map(\.host))
    #expect(changed == ["edge-1", "edge-2"])
    var calm = first
    for index in calm.hosts.indices { calm.hosts[index].outcome = .unchanged(present: nil) }
    #expect(!next.limited(to: calm, and: []).changesHosts)
    #expect(next.limited(to: calm, and: ["edge-1"]).steps.map(\.host) == ["edge-1"])
    #expect(next.limited(to: first, and: []) == next)
  }

  @Test("Names that a wildcard covers are not ordered")
  func wildcardNames() throws {
    var scene = OrderScene()
    scene.account = "terms_agreed: true, dns: {present: [./hook], cleanup: [./hook]}"
    scene.site =
      "aliases: [www.shop.example, a.b.shop.example]\n    certificate: {acme: {names: [\"*.shop.example\"]}}"
    #expect(
      try scene.plan().orders.first?.names
        == ["shop.example", "*.shop.example", "a.b.shop.example"])
  }
}
