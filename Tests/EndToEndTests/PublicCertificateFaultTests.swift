import Foundation
import Sandbox
import TestSupport
import Testing

@Suite(
  "A CA that issues nothing costs no request", .serialized,
  .requires(isRoot, "namespaces need root"),
  .requires(PublicCA.isInstalled, "needs Debian's packages pebble and bind9-dnsutils"))
struct PublicCertificateFaultTests {
  /// What is wrong, and what the result says of it.
  private struct Fault {
    var mode: PublicCA.Mode
    var words: [String]
  }

  private static var faults: [Fault] {
    var faults = [
      Fault(mode: .down, words: ["198.18.0.100"]),
      Fault(mode: .refusing, words: ["198.18.0.100", "this name is refused by policy"]),
      Fault(mode: .limiting(seconds: 86_400), words: ["too many certificates", "try again after"]),
    ]
    // Three attempts take three minutes.
    if TestSetting.number("DEPLOY_SWEEP") == 1 {
      faults.append(Fault(mode: .silent, words: ["198.18.0.100", "timed out"]))
    }
    return faults
  }

  @Test("the old certificate stays, the result says why, and the next run orders once")
  func faults() async throws {
    try await ACMEScene.play { acme in
      let (scene, ca) = (acme.scene, acme.ca)
      try await scene.apply()
      var inventory = ACMEScene.inventory()
      for (number, fault) in Self.faults.enumerated() {
        let (before, orders) = (try await acme.shown(), try ca.orders())
        inventory.aliases.append("fault-\(number).shop.example")
        try scene.write(inventory)
        try ca.set(fault.mode)
        let visitors = try acme.visitors()
        // The runs do what they can besides, and leave nothing undone that another one would do.
        for run in 1...2 {
          let output = try await scene.deploy("apply", "--yes")
          #expect(output.status == 1, "\(fault.mode), run \(run): \(output.all)")
          for words in fault.words + ["shop.example"] {
            #expect(output.all.contains(words), "\(fault.mode): no \(words): \(output.all)")
          }
        }
        #expect(try await acme.shown() == before)
        #expect(try ca.orders() == orders)
        let plan = try await scene.deploy("plan", "--detailed-exitcode")
        #expect(plan.status == 2, "the order is still due: \(plan.all)")
        try await visitors.expectNoFailure("\(fault.mode)", moreThan: 10)
        try ca.set(nil)
        try await acme.expectOneOrder("after \(fault.mode)")
        #expect(try await acme.shown().names == before.names.union(inventory.aliases))
      }
      #expect(try ca.accounts() == 1)
    }
  }

  @Test("a rate limit is not tried twice in a run, and one that is asked for is not waited for")
  func limited() async throws {
    try await ACMEScene.play { acme in
      try acme.ca.set(.limiting(seconds: 86_400))
      // Before there is any certificate: the fleet is deployed all the same, without the site by HTTPS.
      let output = try await acme.scene.deploy("apply", "--yes")
      #expect(output.status == 1 && output.all.contains("too many certificates"), "\(output.all)")
      let asked = try acme.ca.requests().count { $0.hasPrefix("POST /order-plz 429") }
      #expect(asked == 1)
      #expect(
        try await acme.scene.on("edge-1", "nginx -t && test -e /etc/deploy/current").status == 0)
      try acme.ca.set(nil)
      try await acme.expectFirstOrder()
    }
  }

  @Test("a slow CA is waited for, and visitors do not notice")
  func slow() async throws {
    try await ACMEScene.play(pebble: ["PEBBLE_WFE_NONCEREJECT": "50"]) { acme in
      try await acme.scene.apply()
      var inventory = ACMEScene.inventory()
      inventory.aliases.append("slow.shop.example")
      try acme.ca.set(.slow(seconds: 0.5))
      try await acme.expectOneOrder("a slow CA") { try acme.scene.write(inventory) }
    }
  }

  @Test(
    "an order that the CA cannot prove is named with what it found, and is not repeated in the run")
  func unproven() async throws {
    try await ACMEScene.play { acme in
      try await acme.scene.apply()
      let before = try await acme.shown()
      var inventory = ACMEScene.inventory()
      inventory.aliases.append("elsewhere.shop.example")
      try acme.scene.write(inventory)
      try await acme.setAddress("198.18.0.21", of: "elsewhere.shop.example")
      let orders = try acme.ca.orders()
      let output = try await acme.scene.deploy("apply", "--yes")
      #expect(output.status == 1 && output.all.contains("elsewhere.shop.example"), "\(output.all)")
      #expect(try acme.ca.orders() == orders + 1)
      #expect(try await acme.shown() == before)
      try await acme.setAddress("198.18.0.11", of: "elsewhere.shop.example")
      try await acme.expectOneOrder("a name that leads to the front-ends again")
    }
  }
}
