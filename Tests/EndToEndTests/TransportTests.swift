import Sandbox
import TestSupport
import Testing

@Suite(
  "The system's ssh as the transport", .serialized,
  .requires(isRoot, "namespaces need root"))
struct TransportTests {
  @Test("applies a change, also through a jump host, and finds nothing to do afterwards")
  func openSSH() async throws {
    var inventory = InventoryText()
    inventory.ssh = "{user: root, identity: ~/.ssh/id_ed25519, transport: openssh}"
    inventory.backEndLines["app-2"] = "ssh: {jump: root@198.18.0.21}"
    try await Scene.play(inventory) { scene in
      try await scene.apply()
      #expect(
        try await scene.answering(["/srv/shop app-1", "/srv/shop app-2"])
          == ["/srv/shop app-1", "/srv/shop app-2"])
      let sources = try await scene.on(
        "app-2",
        "sed -n 's/.*Accepted publickey for root from \\([0-9.]*\\) .*/\\1/p' /var/log/sshd.log | sort -u"
      )
      #expect(sources.stdout == "198.18.0.21\n", "\(sources.all)")
      inventory.root = "/srv/other"
      try scene.write(inventory)
      try await scene.apply()
      try await scene.expectNoChanges()
    }
  }
}
