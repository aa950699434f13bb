import Sandbox
import TestSupport
import Testing

@Suite(
  "A port that deploy's nginx listens on is never open to strangers", .serialized,
  .requires(isRoot, "namespaces need root"))
struct StrangerTests {
  /// The ports of app-1's and app-2's back-ends, before and after they move.
  private static let ports = ["198.18.0.21:443", "198.18.0.21:8443", "198.18.0.22:443"]

  @Test(
    "it stays closed on a first apply, while a port moves and a front-end is down, in a rollback, on a removal",
    arguments: ["nftables", "iptables"], ["drop", "sites"])
  func watched(_ engine: String, _ policy: String) async throws {
    var inventory = InventoryText()
    inventory.frontEnds["edge-2"] = "198.18.0.11"
    inventory.firewall = "{policy: \(policy), engine: \(engine)}"
    try await Scene.play(inventory) { scene in
      try scene.write(UndoTests.playbook, to: "quick.yml")
      func watch(_ during: String, _ body: () async throws -> Void) async throws {
        let stranger = try await Stranger(scene, Self.ports)
        try await body()
        try await stranger.expectShutOut("\(engine), \(policy): \(during)")
      }
      // One address of the host is enough to have nginx's test need what a network of its own lacks.
      try await scene.on(
        "app-1",
        "echo 'server { listen 198.18.0.21:8080; return 204; }' > /etc/nginx/conf.d/own.conf")
      try await watch("first apply") { try await scene.apply() }

      inventory.siteBackEnds = ["{host: app-1, port: 8443}", "app-2"]
      try scene.write(inventory)
      try await watch("undo") {
        try await scene.killOnceApplied(on: "app-1")
        try await scene.settle("app-1")
      }

      try await scene.sandbox.stopSSH(on: "edge-2")
      try await watch("a port moves, a front-end is down") {
        let output = try await scene.deploy("apply", "--yes")
        #expect(output.status == 1, "\(output.all)")
      }
      let listening = try await scene.on(
        "app-1", "ss -Hltn 'sport = :443 or sport = :8443' | wc -l | tr -d '\n'")
      #expect((Int(listening.stdout) ?? 0) >= 2, "app-1 waits for edge-2 with both ports")
      try await watch("while it is down") { try await Task.sleep(for: .seconds(3)) }

      try await scene.sandbox.startSSH(on: "edge-2")
      try await watch("it is back") { try await scene.apply() }

      inventory.backEnds["app-1"] = nil
      inventory.siteBackEnds = nil
      try scene.write(inventory)
      try await watch("a removal") { try await scene.apply() }
      try await scene.expectNoChanges()
    }
  }

  @Test("an open port is detected by the watcher")
  func watcherSees() async throws {
    try await Scene.play { scene in
      try await scene.apply()
      let stranger = try await Stranger(scene, ["198.18.0.10:443"] + Self.ports)
      try await scene.on(
        "app-1",
        "nft flush chain inet deploy input; nft 'add chain inet deploy input { policy accept; }'")
      try await stranger.expectOpen("198.18.0.21:443")
      let open = try await stranger.stop().open
      for target in ["198.18.0.10:443", "198.18.0.21:443"] {
        #expect(open.contains { $0.hasPrefix("open \(target) ") })
      }
      #expect(!open.contains { $0.contains("198.18.0.22") })
    }
  }
}
