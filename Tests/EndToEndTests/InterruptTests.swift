import Foundation
import Sandbox
import Testing

@Suite(
  "Ctrl-C leaves every host whole and the ledger printed", .serialized,
  .enabled(if: isRoot, "namespaces need root"))
struct InterruptTests {
  private static let hosts = ["app-1", "app-2", "edge-1"]
  private static let playbook = "name: one\nrollout: {batch: 1, confirm_within: 5s}\n"

  /// A change of a fleet, one host after the other.
  private func play(
    _ body: (Scene, [String: RestingHost], () throws -> WatchedRun) async throws -> Void
  ) async throws {
    try await Scene.play { scene in
      try await scene.apply()
      try scene.write(Self.playbook, to: "one.yml")
      var inventory = InventoryText(root: "/srv/other")
      inventory.firewall = "{policy: drop, allow: [{port: 9100}]}"
      try scene.write(inventory)
      let before = try await scene.restingHosts(Self.hosts, "before")
      try await body(scene, before) {
        try scene.watch(
          "apply", "--yes", "--format", "json", "--playbook", scene.folder + "/one.yml")
      }
      try await scene.apply()
      try await scene.expectNoChanges()
      _ = try await scene.restingHosts(Self.hosts, "in the end")
    }
  }

  @Test("the first one while hosts are staged attempts none of them")
  func whileStaged() async throws {
    try await play { scene, before, start in
      let lock = try await HeldLock.take("lock", on: "app-2", scene)
      let run = try start()
      try await run.expect("app-1: staged and tested")
      try await run.command.signal(SIGINT)
      let output = try await run.command.wait()
      #expect(output.status == 130, "\(output.all)")
      let verdicts = try await scene.expectTruth(
        of: output, since: before.without("app-2"), "staged")
      #expect(Set(verdicts.values) == ["not attempted"], "\(output.all)")
      try await lock.letGo()
      let after = try await scene.restingHosts(Self.hosts, "staged")
      #expect(after == before)
      #expect(try await scene.on("app-1", "ls /etc/deploy/releases").stdout == "1\n")
    }
  }

  @Test("the first one while a host switches sees that host to its end and attempts no other")
  func whileSwitching() async throws {
    try await play { scene, before, start in
      let lock = try await HeldLock.take("switch", on: "app-1", scene)
      let run = try start()
      try await scene.await("[ -e /etc/deploy/pending.new ]", on: "app-1")
      try await run.command.signal(SIGINT)
      try await run.expect("deploy: stopping")
      try await lock.letGo()
      let output = try await run.command.wait()
      #expect(output.status == 130, "\(output.all)")
      let verdicts = try await scene.expectTruth(of: output, since: before, "switching")
      #expect(
        verdicts == ["app-1": "confirmed", "app-2": "not attempted", "edge-1": "not attempted"])
    }
  }

  @Test("the second one ends at once and says which host was left in the middle")
  func twice() async throws {
    try await play { scene, before, start in
      let lock = try await HeldLock.take("switch", on: "app-1", scene)
      let run = try start()
      try await scene.await("[ -e /etc/deploy/pending.new ]", on: "app-1")
      try await run.command.signal(SIGINT)
      try await run.expect("deploy: stopping")
      try await run.command.signal(SIGINT)
      let output = try await run.command.wait()
      #expect(output.status == 130, "\(output.all)")
      let ledger = try LedgerDocument(of: output)
      #expect(try ledger.entry("app-1").verdict == "unconfirmed", "\(output.all)")
      #expect(try ledger.entry("app-1").detail.hasPrefix("left in the middle"), "\(output.all)")
      #expect(try ledger.entry("app-2").verdict == "not attempted", "\(output.all)")
      #expect(try ledger.entry("edge-1").verdict == "not attempted", "\(output.all)")
      try await lock.letGo()
      let after = try await scene.restingHosts(Self.hosts, "twice")
      #expect(after.mapValues(\.manifest) == before.mapValues(\.manifest))
      #expect(after["app-1"]?.verdict == "2 reverted it was not confirmed in time")
    }
  }
}

extension Dictionary {
  fileprivate func without(_ key: Key) -> Dictionary { filter { $0.key != key } }
}
