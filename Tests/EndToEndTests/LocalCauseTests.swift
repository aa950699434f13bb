import Foundation
import Sandbox
import TestSupport
import Testing

@Suite(
  "A cause on the controller that affects all hosts", .serialized,
  .requires(isRoot, "namespaces need root"))
struct LocalCauseTests {
  @Test("is reported once, and is not a failure of each host")
  func missingKey() async throws {
    var inventory = InventoryText()
    try await Scene.play(inventory) { scene in
      inventory.ssh = "{user: root, identity: /srv/keys/none}"
      try scene.write(inventory)
      for words in [["plan"], ["apply", "--yes"], ["status"], ["state", "rebuild", "--yes"]] {
        let output = try await scene.deploy(words)
        #expect(output.status == 1, "\(output.all)")
        #expect(
          output.stderr.contains(
            "no host was contacted: the controller has nothing to log in with:\n  /srv/keys/none does not exist"
          ), "\(words): \(output.all)")
        #expect(output.all.components(separatedBy: "/srv/keys/none").count == 2, "\(output.all)")
        #expect(!output.all.contains("unreachable"), "\(output.all)")
      }
      // One host's own key says nothing about the others.
      inventory.ssh = "{user: root, identity: ~/.ssh/id_ed25519}"
      inventory.backEndLines["app-1"] = "ssh: {identity: /srv/keys/none}"
      try scene.write(inventory)
      let output = try await scene.deploy("plan")
      #expect(output.stdout.contains("app-1 (back-end, 198.18.0.21, unreachable)"), "\(output.all)")
      #expect(output.stdout.contains("/srv/keys/none does not exist"), "\(output.all)")
      #expect(output.stdout.contains("1 unreachable"), "\(output.all)")
    }
  }
}
