import Foundation
import Sandbox
import TestSupport
import Testing

@Suite(
  "The public CA of tests fails on request", .serialized,
  .requires(isRoot, "namespaces need root"),
  .requires(PublicCA.isInstalled, "needs Debian's packages pebble and bind9-dnsutils"))
struct PublicCATests {
  /// The status and the body of an answer to a request that is not signed.
  private func ask(_ scene: Scene, _ url: String, _ options: String...) async throws -> String {
    try await scene.sandbox.run(
      [
        "curl", "-s", "--max-time", "5", "--cacert", scene.folder + "/public/ca.pem", "-w",
        " %{http_code} %header{retry-after}", url,
      ] + options
    ).stdout
  }

  @Test("and counts requests, suggests renewals, and stops at a request before or after it")
  func front() async throws {
    // Whose certificate the site has does not matter here.
    try await ACMEScene.play(InventoryText()) { acme in
      let (scene, ca) = (acme.scene, acme.ca)
      let order = ca.directory.replacing("/dir", with: "/order-plz")
      #expect(try await ask(scene, ca.directory).contains("\"newOrder\": \"\(order)\""))
      #expect(try ca.requests() == ["GET /dir 200"])
      let refused = try await ask(scene, order, "--data", "{}")
      #expect(refused.contains("urn:ietf:params:acme:error:malformed"), "\(refused)")
      try ca.set(.limiting(seconds: 3600))
      let limited = try await ask(scene, order, "--data", "{}")
      #expect(limited.contains("rateLimited") && limited.hasSuffix(" 429 3600"), "\(limited)")
      try ca.set(.refusing)
      #expect(try await ask(scene, order, "--data", "{}").contains("rejectedIdentifier"))
      for mode in [PublicCA.Mode.down, .silent] {
        try ca.set(mode)
        #expect(try await ask(scene, ca.directory) == " 000 ")
      }
      try ca.set(.slow(seconds: 0.1))
      #expect(try await ask(scene, ca.directory).hasSuffix(" 200 "))
      try ca.set(nil)
      try ca.suggestRenewal(isDue: true)
      let renewal = ca.directory.replacing("/dir", with: "/renewal-info")
      #expect(try await ask(scene, ca.directory).contains("\"renewalInfo\": \"\(renewal)\""))
      #expect(try await ask(scene, renewal + "/a.b").contains("\"suggestedWindow\""))
      for (side, line) in [(PublicCA.Side.before, "GET /dir 0"), (.after, "GET /dir 200")] {
        try ca.hold(atRequest: 2, side)
        #expect(try await ask(scene, ca.directory).hasSuffix(" 200 "))
        #expect(!ca.isHolding)
        async let dropped = ask(scene, ca.directory)
        try await eventually("the request is held") { ca.isHolding }
        try await ca.release()
        #expect(try await dropped == " 000 ")
        #expect(try ca.requests().last == line)
      }
      #expect(try ca.orders() == 0 && ca.accounts() == 0)
    }
  }
}
