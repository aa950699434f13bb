import Foundation
import Sandbox
import TestSupport
import Testing

@Suite("Sites in maintenance", .serialized, .requires(isRoot, "namespaces need root"))
struct MaintenanceTests {
  private static let frontEnds = ["edge-1": "198.18.0.10", "edge-2": "198.18.0.11"]

  private static let inventory: InventoryText = {
    var inventory = InventoryText()
    inventory.frontEnds = frontEnds
    return inventory
  }()

  /// What visitors of each front-end get: the status and Retry-After.
  private func answers(_ scene: Scene) async throws -> Set<String> {
    var answers: Set<String> = []
    for address in Self.frontEnds.values {
      let output = try await scene.fetch(
        from: address, options: ["-o", "/dev/null", "-w", "%{http_code} %header{retry-after}"])
      answers.insert(output.stdout.trimmingCharacters(in: .whitespaces))
    }
    return answers
  }

  @Test("answer 503 with their page until it ends, which the state, plans and applies keep")
  func page() async throws {
    try await Scene.play(Self.inventory) { scene in
      try scene.write("<p>back at noon</p>\n", to: "page.html")
      try await scene.apply()
      #expect(try await answers(scene) == ["200"])
      try await scene.succeed(
        "maintenance", "shop.example", "on", "--page", scene.folder + "/page.html",
        "--retry-after", "5m", "--yes")
      #expect(try await answers(scene) == ["503 300"])
      #expect(try await scene.fetch("/any?a=b").stdout == "<p>back at noon</p>\n")

      let plan = try await scene.succeed("plan", "--detailed-exitcode")
      #expect(plan.stdout.contains("shop.example has been in maintenance since "))
      let json = try await scene.succeed("plan", "--format", "json")
      let document =
        try JSONSerialization.jsonObject(with: Data(json.stdout.utf8)) as? [String: Any]
      let listed = try #require(document?["maintenance"] as? [[String: Any]])
      #expect(listed.compactMap { $0["site"] as? String } == ["shop.example"])
      #expect(try await scene.succeed("status").stdout.contains("has been in maintenance since "))
      #expect(try await scene.succeed("history").stdout.contains("maintenance shop.example on"))
      try await scene.succeed("verify")

      // The page comes from the state, not from the file.
      try FileManager.default.removeItem(atPath: scene.folder + "/page.html")
      var changed = Self.inventory
      changed.root = "/srv/other"
      try scene.write(changed)
      try await scene.apply()
      #expect(try await scene.fetch().stdout == "<p>back at noon</p>\n")

      let log = "/var/log/nginx/shop.example.front-end.access.log"
      let visitor = try await scene.on("edge-1", "tail -n 1 \(log) | cut -d ' ' -f 1").stdout
        .trimmingCharacters(in: .whitespacesAndNewlines)
      try await scene.succeed(
        "maintenance", "shop.example", "on", "--allow", visitor, "--yes")
      #expect(try await answers(scene) == ["200"])
      try await scene.succeed("maintenance", "shop.example", "on", "--yes")
      #expect(try await answers(scene) == ["503 600"])
      try await scene.succeed("maintenance", "shop.example", "off", "--yes")
      #expect(try await answers(scene) == ["200"])
      try await scene.expectNoChanges()
    }
  }

  @Test("are completed by the next apply if the command is killed")
  func killed() async throws {
    try await Scene.play(Self.inventory) { scene in
      try await scene.apply()
      let run = try scene.watch("maintenance", "shop.example", "on", "--yes")
      try await scene.await(
        "grep -q error_page /etc/deploy/current/nginx/front-end/shop.example.conf", on: "edge-1")
      try await run.command.signal(SIGKILL)
      _ = try await run.command.wait()
      for host in Self.frontEnds.keys { try await scene.settle(host, isHurried: true) }
      try await scene.apply()
      #expect(try await answers(scene) == ["503 600"])
      try await scene.expectNoChanges()
    }
  }
}
