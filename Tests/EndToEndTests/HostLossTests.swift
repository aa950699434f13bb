import Foundation
import Sandbox
import Testing

@Suite(
  "A host that loses its sshd or its disk in a transaction settles by itself", .serialized,
  .enabled(if: isRoot, "namespaces need root"))
struct HostLossTests {
  private static let playbook =
    "name: one\nrollout: {batch: 1, max_failures: 9, confirm_within: 5s}\n"

  @Test("sshd and all its sessions killed in the switch: the verdict is right when it is back")
  func lostSSH() async throws {
    try await Scene.play { scene in
      try await scene.apply()
      for (number, isBackAtOnce) in [true, false].enumerated() {
        try scene.write(InventoryText(root: number == 0 ? "/srv/other" : "/srv/shop"))
        let why = isBackAtOnce ? "back at once" : "back at rest"
        let before = try await scene.restingHosts(["app-1", "app-2"], why)
        let run = try scene.watch(
          "apply", "--yes", "--format", "json", "--playbook", scene.writeShortPlaybook())
        try await run.expect("app-1: switching")
        try await scene.sandbox.stopSSH(on: "app-1")
        if !isBackAtOnce { try await scene.settle("app-1") }
        try await scene.sandbox.startSSH(on: "app-1")
        let output = try await run.command.wait()
        let verdicts = try await scene.expectTruth(of: output, since: before, why)
        print("sshd killed, \(why): \(verdicts)")
        if isBackAtOnce {
          #expect(["confirmed", "reverted"].contains(verdicts["app-1"]), "\(output.all)")
        } else {
          #expect(verdicts["app-1"] == "reverted", "\(output.all)")
        }
        try await scene.apply()
        try await scene.expectNoChanges()
      }
    }
  }

  @Test("a disk that is full when the undo is armed: refused, and nothing is changed")
  func fullDisk() async throws {
    try await Scene.play(alter: { $0.deployDiskSize = $0.name == "app-2" ? 512 << 10 : nil }) {
      scene in
      try await scene.apply()
      try scene.write(Self.playbook, to: "one.yml")
      for pagesLeft in 0..<4 {
        try scene.write(
          InventoryText(root: pagesLeft.isMultiple(of: 2) ? "/srv/other" : "/srv/shop"))
        let why = "\(pagesLeft) pages left"
        let before = try await scene.restingHosts(["app-1", "app-2"], why)
        // The first host waits in its turn, and with it the second one.
        let lock = try await HeldLock.take("switch", on: "app-1", scene)
        let run = try scene.watch(
          "apply", "--yes", "--format", "json", "--playbook", scene.folder + "/one.yml")
        try await scene.await("[ -e /etc/deploy/pending.new ]", on: "app-1")
        let filled = try await scene.on(
          "app-2",
          """
          dd if=/dev/zero of=/etc/deploy/filler bs=4096 2>/dev/null
          truncate -s -$((\(pagesLeft) * 4096)) /etc/deploy/filler
          """)
        #expect(filled.status == 0, "\(filled.all)")
        try await lock.letGo()
        let output = try await run.command.wait()
        let verdicts = try await scene.expectTruth(of: output, since: before, why)
        print("disk full, \(why): \(verdicts)")
        #expect(verdicts["app-1"] == "confirmed", "\(output.all)")
        #expect(verdicts["app-2"] == "refused", "\(output.all)")
        #expect(output.stdout.contains("No space left on device"), "\(output.all)")
        try await scene.on("app-2", "rm /etc/deploy/filler")
        try await scene.apply()
        try await scene.expectNoChanges()
      }
    }
  }
}
