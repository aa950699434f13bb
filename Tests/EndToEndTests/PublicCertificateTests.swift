import Foundation
import Sandbox
import TestSupport
import Testing

@Suite(
  "A site's certificate of a public CA", .serialized,
  .requires(isRoot, "namespaces need root"),
  .requires(PublicCA.isInstalled, "needs Debian's packages pebble and bind9-dnsutils"))
struct PublicCertificateTests {
  @Test(
    "is issued in the first run, renewed when it is due, and follows names, front-ends and CAs; any challenge is answered"
  )
  func life() async throws {
    try await ACMEScene.play { acme in
      let (scene, ca) = (acme.scene, acme.ca)
      try await first(acme)
      try await expectAnswers(acme)
      let issued = try await acme.shown()
      #expect(issued.names == ["shop.example", "www.shop.example"])

      try ca.suggestRenewal(isDue: true)
      try await acme.expectOneOrder("a renewal") {
        let plan = try await scene.deploy("plan", "--detailed-exitcode")
        #expect(plan.status == 2 && plan.stdout.contains("shop.example"), "\(plan.all)")
      }
      let renewed = try await acme.shown()
      #expect(renewed.serial != issued.serial && renewed.names == issued.names)

      var inventory = ACMEScene.inventory()
      inventory.aliases.append("api.shop.example")
      try await acme.expectOneOrder("an added name") { try scene.write(inventory) }
      let named = try await acme.shown()
      #expect(named.names == renewed.names.union(["api.shop.example"]))
      #expect(try await acme.shown(for: "api.shop.example") == named)

      try await addFrontEnd(acme, &inventory)

      let other = try await PublicCA.open(scene, number: 1, validity: 90 * 86_400)
      inventory.lines = inventory.lines.map { $0.replacing(ca.directory, with: other.directory) }
      try await acme.expectOneOrder("another CA", at: other) { try scene.write(inventory) }
      let moved = try await acme.shown()
      #expect(moved.issuer != named.issuer && moved.names == named.names)
      #expect(try other.accounts() == 1 && ca.accounts() == 1)
    }
  }

  /// The first run: no visitor can ask before it, for there is no certificate.
  private func first(_ acme: ACMEScene) async throws {
    // While the suggestion is in a year, nothing is due.
    try acme.ca.suggestRenewal(isDue: false)
    try await acme.scene.apply()
    #expect(try acme.ca.orders() == 1 && acme.ca.accounts() == 1)
    try await acme.scene.expectNoChanges()
    let requests = try acme.ca.requests().count { $0.hasPrefix("POST ") }
    try await acme.scene.apply()
    #expect(try acme.ca.requests().count { $0.hasPrefix("POST ") } == requests)
    let redirected = try await acme.scene.sandbox.run([
      "curl", "-s", "-o", "/dev/null", "-w", "%{http_code}", "http://198.18.0.11/", "-H",
      "Host: shop.example",
    ])
    #expect(redirected.stdout == "301", "\(redirected.all)")
  }

  /// A front-end that is added gets the certificate that the others have: no order is needed.
  private func addFrontEnd(_ acme: ACMEScene, _ inventory: inout InventoryText) async throws {
    let before = try await acme.shown()
    let (orders, added) = (try acme.ca.orders(), ACMEScene.addedFrontEnd)
    inventory.frontEnds[added.name] = added.address
    try acme.scene.write(inventory)
    let visitors = try acme.visitors()
    try await acme.scene.apply()
    try await visitors.expectNoFailure("an added front-end", moreThan: 10)
    #expect(try await acme.shown(by: inventory.frontEnds) == before)
    #expect(try acme.ca.orders() == orders)
    try await acme.scene.expectNoChanges()
  }

  /// That no file on hosts is needed: every front-end answers any challenge of the account, on both ports.
  private func expectAnswers(_ acme: ACMEScene) async throws {
    let token = "evaGxfADs6pSRb2LAv9IZf17Dt3juxGJ"
    var answers: Set<String> = []
    for address in RotationScene.frontEnds.values {
      for scheme in ["http", "https"] {
        let output = try await acme.scene.sandbox.run([
          "curl", "-sf", "--cacert", acme.scene.folder + "/public/roots.pem", "--resolve",
          "shop.example:80:\(address)", "--resolve", "shop.example:443:\(address)",
          "\(scheme)://shop.example/.well-known/acme-challenge/\(token)",
        ])
        answers.insert(output.stdout)
      }
    }
    #expect(answers.count == 1 && answers.first?.hasPrefix(token + ".") == true, "\(answers)")
  }

  @Test("for a wildcard is proven by DNS records that commands make and remove")
  func wildcard() async throws {
    try await ACMEScene.play(pebble: ["PEBBLE_AUTHZREUSE": "0"]) { acme in
      let scene = acme.scene
      try await scene.apply()
      let hook = try acme.writeDNSHook()
      let inventory = ACMEScene.inventory(
        certificate: "{acme: {names: [shop.example, \"*.shop.example\"]}}",
        account: [
          "dns:", "  present: [\(hook)]", "  cleanup: [\(hook)]", "  timeout: 30s",
          "  resolvers: [\"\(DNSOfTheWorld.server)\"]",
        ])
      try await acme.expectOneOrder("a wildcard") { try scene.write(inventory) }
      let shown = try await acme.shown()
      #expect(shown.names == ["shop.example", "*.shop.example"])
      let calls = try scene.read("hooks.log").split(separator: "\n").map {
        $0.split(separator: " ").map(String.init)
      }
      #expect(calls.map { $0[0] } == ["present", "present", "cleanup", "cleanup"], "\(calls)")
      #expect(Set(calls.map { $0[1] }) == ["_acme-challenge.shop.example."])
      // The answer is nothing but the SOA record of the name server itself.
      let left = try await scene.must(
        "dig +short @198.18.0.53 -p 8053 TXT _acme-challenge.shop.example")
      #expect(left == "")
    }
  }

  @Test("is renewed in time if the CA suggests nothing: when a third of its life is left")
  func lifetime() async throws {
    // Long enough for all that the test does before it expires.
    try await ACMEScene.play(validity: 240) { acme in
      try await acme.scene.apply()
      let issued = try await acme.shown()
      try await acme.scene.expectNoChanges()
      // The time has to pass; each plan is work for all hosts.
      for _ in 0..<48 {
        if try await acme.scene.deploy("plan", "--detailed-exitcode").status == 2 { break }
        try await Task.sleep(for: .seconds(5))
      }
      let orders = try acme.ca.orders()
      let visitors = try acme.visitors()
      try await acme.scene.apply()
      try await visitors.expectNoFailure("a renewal in time", moreThan: 10)
      #expect(try acme.ca.orders() == orders + 1)
      #expect(try await acme.shown().serial != issued.serial)
    }
  }
}
