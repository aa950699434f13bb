import Foundation
import Sandbox
import TestSupport
import Testing

@Suite(
  "A saved plan is carried out as it was shown, and once", .serialized,
  .requires(isRoot, "namespaces need root"))
struct SavedPlanTests {
  @Test(
    "a host that changed since is refused by name, the others are changed, and a second time none")
  func changedHost() async throws {
    try await Scene.play { scene in
      let plan = "\(scene.folder)/shop.plan"
      // From the very beginning, when there is no state yet.
      try await scene.succeed("plan", "--out", plan)
      try await scene.succeed("apply", plan, "--yes")
      try await scene.expectNoChanges()

      try scene.write(InventoryText(root: "/srv/other"))
      try await scene.succeed("plan", "--out", plan)
      let text = try scene.read("shop.plan")
      let keys = try await scene.on(
        "app-1", "find /etc/deploy/releases -name '*.key' -exec cat {} +"
      ).stdout.split(separator: "\n").filter { !$0.hasPrefix("-----") && $0.count > 16 }
      try #require(!keys.isEmpty)
      for secret in keys.map(String.init) + [Scene.passphrase] { #expect(!text.contains(secret)) }

      try await scene.on("app-1", "echo '# mine' >> /etc/deploy/current/nginx/deploy.conf")
      let before = try await scene.fingerprint(of: "app-1")
      let applied = try await scene.deploy("apply", plan, "--yes")
      #expect(applied.status == 1, "\(applied.all)")
      #expect(
        applied.stdout.contains(
          /! app-1 .*\n +because it has changed since the plan was made \(nginx\/deploy.conf has changed/
        ),
        "\(applied.all)")
      #expect(applied.stdout.contains(/\napp-1 +refused +see the plan\n/), "\(applied.all)")
      #expect(
        applied.stdout.hasSuffix("\n1 confirmed, 1 unchanged, 1 refused\n"), "\(applied.all)")
      #expect(try await scene.fingerprint(of: "app-1") == before)
      #expect(
        try await scene.answering(["/srv/shop app-1", "/srv/other app-2"])
          == ["/srv/shop app-1", "/srv/other app-2"])

      let again = try await scene.deploy("apply", plan, "--yes")
      #expect(again.status == 1)
      #expect(again.stderr.contains("has been applied since"), "\(again.all)")
      #expect(try await scene.fingerprint(of: "app-1") == before)
    }
  }
}
