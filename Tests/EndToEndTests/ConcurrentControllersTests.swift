import Foundation
import Sandbox
import TestSupport
import Testing

@Suite(
  "Two concurrent controllers leave hosts whole, and both report the truth", .serialized,
  .requires(isRoot, "namespaces need root"))
struct ConcurrentControllersTests {
  private static let hosts = ["app-1", "app-2", "edge-1"]
  private static let rounds = TestSetting.count(4, inSweep: 24)

  /// A port that only one controller's releases of a round let in.
  private static func port(_ controller: Int, _ round: Int) -> Int { 9100 + 2 * round + controller }

  private static func inventory(_ controller: Int, _ round: Int) -> InventoryText {
    var inventory = InventoryText(root: controller == 0 ? "/srv/shop" : "/srv/other")
    inventory.firewall = "{policy: drop, allow: [{port: \(port(controller, round))}]}"
    return inventory
  }

  @Test("of two copies of a workspace that apply at the same time, each host takes exactly one")
  func copies() async throws {
    var generator = SeededGenerator.announced()
    try await Scene.play(alter: mixedSystems) { scene in
      try await scene.apply()
      for host in Self.hosts { try await keepHistory(of: host, scene) }
      let rival = try await copy(of: scene)
      let controllers = [scene, rival]
      var tally: [String: Int] = [:]
      for round in 0..<Self.rounds {
        let playbooks = try controllers.map { try $0.writeShortPlaybook() }
        for (number, controller) in controllers.enumerated() {
          try controller.write(Self.inventory(number, round))
        }
        for host in Self.hosts { try await scene.on(host, "rm -f /run/history") }
        // One of as many equal parts of 600 ms as there are rounds, so that few meet as well.
        let part = 600 / Self.rounds
        let head = Duration.milliseconds(
          round * part + Int.random(in: 0..<part, using: &generator))
        async let first = scene.boundedApply(playbooks[0], "--override-newer")
        // How far ahead the first one is, is what is tested: nothing is waited for.
        try await Task.sleep(for: head)
        let second = try await rival.boundedApply(playbooks[1], "--override-newer")
        let outputs = [try await first, second]
        for host in Self.hosts {
          let ends = try await check(host, round, outputs, scene)
          tally[ends, default: 0] += 1
        }
        let last = controllers[round % 2]
        try await last.succeed(
          "apply", "--yes", "--override-newer", "--playbook", playbooks[round % 2])
        try await last.expectNoChanges()
      }
      print("two controllers, per host: \(tally.sorted { $0.key < $1.key })")
      #expect(tally.keys.contains { $0.contains("refused") }, "they never met: \(tally)")
    }
  }

  @Test("a release with the same number by another run is not taken for the run's own")
  func sameNumber() async throws {
    try await Scene.play { scene in
      try await scene.apply()
      let rival = try await copy(of: scene)
      try rival.write(Self.inventory(1, 0))
      let before = try await scene.restingHosts(["app-1"], "before")
      let lock = try await HeldLock.take("switch", on: "app-1", scene)
      let process = rival.folder + "/process"
      // The shell stands between, because what enters the box for it stops with its child and stays so.
      let run = try scene.sandbox.spawn(
        ["sh", "-c", "\"$@\" & echo $! > \"$0\"; wait $!", process]
          + rival.command([
            "apply", "--yes", "--format", "json", "--limit", "app-1", "--playbook",
            rival.writeShortPlaybook(),
          ]), environment: Scene.environment)
      func signal(_ name: String) async throws {
        let output = try await scene.sandbox.run([
          "sh", "-c", "kill -\(name) \"$(cat \"$0\")\"", process,
        ])
        #expect(output.status == 0, "\(output.all)")
      }
      try await scene.await("[ -e /etc/deploy/pending.new ]", on: "app-1")
      try await signal("STOP")
      try await scene.on(
        "app-1",
        "pkill -KILL -f \(Scene.hostProgram) && rm -r /etc/deploy/releases/2")
      try await lock.letGo()
      try scene.write(Self.inventory(0, 0))
      try await scene.apply()
      try await signal("CONT")
      let output = try await run.wait()
      let entry = try SummaryDocument(of: output).entry("app-1")
      #expect(entry.result == "reverted", "\(output.all)")
      #expect(entry.detail == "another run has switched the host to another release")
      #expect(output.status == 1)
      let after = try await scene.restingHosts(["app-1"], "after")
      #expect(after["app-1"]?.result == "2 confirmed" && before["app-1"]?.release == 1)
      try await scene.expectNoChanges()
      // What the other one has installed is newer than what this copy knows.
      try await rival.succeed("apply", "--yes", "--override-newer")
      try await rival.expectNoChanges()
    }
  }

  /// The same workspace once more, state and CA included.
  private func copy(of scene: Scene) async throws -> Scene {
    let output = try await scene.sandbox.run([
      "sh", "-c", "mkdir \"$1/rival\" && cp -a \"$1\"/shop.* \"$1/rival\"", "sh", scene.folder,
    ])
    #expect(output.status == 0, "\(output.all)")
    return Scene(sandbox: scene.sandbox, folder: scene.folder + "/rival")
  }

  /// Every result that the host records.
  private func keepHistory(of host: String, _ scene: Scene) async throws {
    try await scene.sandbox.write(
      "#!/bin/sh\nshift 2\nprintf '%s\\n' \"$*\" >> /run/history\n", to: "/usr/local/bin/logger",
      on: .host(host))
    try await scene.on(host, "chmod +x /usr/local/bin/logger")
  }

  /// Each controller reports for a host what happened there, and the host is whole.
  ///
  /// - Returns: The two results.
  private func check(
    _ host: String, _ round: Int, _ outputs: [CommandOutput], _ scene: Scene
  ) async throws -> String {
    let why = "round \(round)"
    _ = try await scene.restingHost(host, why)
    let history = try await scene.on(host, "cat /run/history").stdout
      .split(separator: "\n").map(String.init)
    var claims: [String] = []
    var results: [String] = []
    for (controller, output) in outputs.enumerated() {
      let summary = try SummaryDocument(of: output)
      #expect((output.status == 0) == summary.isSuccess, "\(why)\n\(output.all)")
      let entry = try summary.entry(host)
      results.append(entry.result)
      guard entry.result == "confirmed" else { continue }
      claims.append("\(entry.detail) confirmed")
      let number = entry.detail.replacingOccurrences(of: "release ", with: "")
      let own = try await scene.on(
        host,
        "grep -c 'dport \(Self.port(controller, round)) ' /etc/deploy/releases/\(number)/firewall.nft"
      )
      #expect(own.stdout == "1\n", "\(host), \(why): \(entry.detail) is not its own")
    }
    let confirmed = history.filter { $0.hasSuffix(" confirmed") }
    #expect(
      confirmed.sorted() == claims.sorted(),
      "\(host), \(why): \(history)\n\(outputs.map(\.all).joined())")
    return results.joined(separator: " / ")
  }
}
