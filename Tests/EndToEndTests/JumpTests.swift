import Sandbox
import TestSupport
import Testing

@Suite(
  "A host behind a jump host is confirmed through the jump host", .serialized,
  .requires(isRoot, "namespaces need root"))
struct JumpTests {
  private static let jump = "198.18.0.10"

  @Test("it is confirmed if only the jump host can connect, and rolled back if only others can")
  func jumping() async throws {
    var inventory = InventoryText()
    inventory.backEndLines = ["app-1": "ssh: {jump: \(Self.jump)}"]
    try await Scene.play(inventory) { scene in
      try scene.write(UndoTests.playbook, to: "quick.yml")
      try await scene.on(
        "app-1",
        """
        nft 'table inet gate { chain in { type filter hook input priority -10;
          ip saddr != \(Self.jump) tcp dport 22 drop; }; }'
        """)
      try await scene.apply()
      try await scene.expectNoChanges()
      let before = try await scene.restingHosts(["app-1"], "before")

      try await scene.on("app-1", "nft delete table inet gate")
      // SSH is open to everyone except the jump host.
      try await scene.alterRules(
        of: "app-1", by: "s/tcp dport 22 accept/ip saddr != \(Self.jump) tcp dport 22 accept/")
      inventory.firewall = "{policy: drop, allow: [{port: 9666}]}"
      try scene.write(inventory)
      let output = try await scene.boundedApply(scene.folder + "/quick.yml", "--limit", "app-1")
      let results = try await scene.expectTruth(of: output, since: before, "no way for the jump")
      #expect(results == ["app-1": "reverted"], "\(output.all)")

      try await scene.restoreRules(of: "app-1")
      try await scene.apply()
      try await scene.expectNoChanges()
    }
  }
}
