import Sandbox
import TestSupport
import Testing

@Suite(
  "A fleet changes from nftables to iptables, then is removed", .serialized,
  .requires(isRoot, "namespaces need root"))
struct EngineTests {
  private static let rules = """
    echo "nft $(nft list tables | grep -c deploy)"
    for program in iptables ip6tables; do
      echo "$program $("$program" -S | grep -c -e '--dport 443.*ACCEPT' -e '-j DEPLOY-INPUT$')"
    done
    """

  @Test("with the same reachability, and nothing left behind")
  func engines() async throws {
    var inventory = InventoryText()
    try await Scene.play(inventory) { scene in
      try await scene.apply()
      #expect(try await scene.on("app-1", Self.rules).stdout == "nft 1\niptables 0\nip6tables 0\n")
      inventory.firewall = "{policy: drop, engine: iptables}"
      inventory.siteLines = ["headers: {X-Frame-Options: DENY}", "max_body_size: 2m"]
      try scene.write(inventory)
      try await scene.apply()
      #expect(try await scene.on("app-1", Self.rules).stdout == "nft 0\niptables 2\nip6tables 1\n")
      try await scene.expectNoChanges()
      try await scene.on("app-1", "iptables -F DEPLOY-INPUT")
      let plan = try await scene.succeed("plan")
      #expect(plan.stdout.contains("the loaded firewall was changed on the host"), "\(plan.all)")
      try await scene.apply()
      #expect(try await scene.on("app-1", Self.rules).stdout == "nft 0\niptables 2\nip6tables 1\n")
      inventory.backEnds["app-1"] = nil
      try scene.write(inventory)
      try await scene.apply()
      #expect(try await scene.on("app-1", Self.rules).stdout == "nft 0\niptables 0\nip6tables 0\n")
    }
  }
}
