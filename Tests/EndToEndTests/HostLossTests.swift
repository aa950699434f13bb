import Foundation
import Sandbox
import TestSupport
import Testing

@Suite(
  "A host that loses its sshd or its disk in a transaction settles automatically", .serialized,
  .requires(isRoot, "namespaces need root"))
struct HostLossTests {
  private static let playbook =
    "name: one\nrollout: {batch: 1, max_failures: 9, confirm_within: 5s}\n"

  @Test(
    "sshd and all its sessions killed during the switch: the result is right after it restarts",
    arguments: systems)
  func lostSSH(_ system: SandboxHost.System) async throws {
    try await Scene.play(alter: { $0.system = $0.name == "app-1" ? system : .plain }) { scene in
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
        let results = try await scene.expectTruth(of: output, since: before, why)
        print("sshd killed, \(system), \(why): \(results)")
        if isBackAtOnce {
          #expect(["confirmed", "reverted"].contains(results["app-1"]), "\(output.all)")
        } else {
          #expect(results["app-1"] == "reverted", "\(output.all)")
        }
        try await scene.apply()
        try await scene.expectNoChanges()
      }
    }
  }

  /// What happens to app-2, and how its summary ends.
  enum Loss: CaseIterable {
    case sshRestartsBeforeTheWord, rebootInTheSwitch, shellKilledInTheSwitch

    /// Those that no other suite has for such hosts.
    static func on(_ system: SandboxHost.System) -> [Loss] {
      switch system {
      case .plain: allCases
      case .systemd: [.sshRestartsBeforeTheWord, .shellKilledInTheSwitch]
      }
    }

    var end: (result: String, detail: String) {
      switch self {
      case .sshRestartsBeforeTheWord: ("confirmed", "release 2")
      case .rebootInTheSwitch: ("reverted", "the host restarted before it was confirmed")
      case .shellKilledInTheSwitch: ("reverted", "it was not confirmed in time")
      }
    }
  }

  /// Waits in the first switch that reaches it, when nginx has the new release and the firewall
  /// is the old one.
  private static let slowFirewall = """
    #!/bin/sh
    if [ "$1" = -f ] && [ ! -e /root/standing ]; then
      : > /root/standing
      exec sleep 25
    fi
    exec /usr/sbin/nft "$@"

    """

  @Test(
    "a host that is lost in the middle is reported, the others finish, and the next run heals it",
    arguments: systems)
  func lostInTheMiddle(_ system: SandboxHost.System) async throws {
    try await Scene.play(alter: { $0.system = $0.name == "app-2" ? system : .plain }) { scene in
      try await scene.apply()
      for (number, loss) in Loss.on(system).enumerated() {
        let why = "\(loss)"
        try scene.write(InventoryText(root: number.isMultiple(of: 2) ? "/srv/other" : "/srv/shop"))
        let before = try await scene.restingHosts(["app-1", "app-2"], "before \(why)")
        try await prepare(loss, scene)
        let run = try scene.watch(
          "apply", "--yes", "--format", "json", "--playbook", scene.writeShortPlaybook())
        try await inflict(loss, during: run, scene)
        let output = try await run.command.wait()
        let results = try await scene.expectTruth(of: output, since: before, why)
        let entry = try SummaryDocument(of: output).entry("app-2")
        #expect((entry.result, entry.detail) == loss.end, "\(why)\n\(output.all)")
        #expect(results["app-1"] == "confirmed", "\(why)\n\(output.all)")
        try await scene.apply()
        try await scene.expectNoChanges()
      }
    }
  }

  private func prepare(_ loss: Loss, _ scene: Scene) async throws {
    guard loss != .sshRestartsBeforeTheWord else { return }
    try await scene.sandbox.write(Self.slowFirewall, to: "/usr/local/bin/nft", on: .host("app-2"))
    try await scene.on("app-2", "rm -f /root/standing; chmod +x /usr/local/bin/nft")
  }

  private func inflict(_ loss: Loss, during run: WatchedRun, _ scene: Scene) async throws {
    switch loss {
    case .sshRestartsBeforeTheWord:
      try await run.expect("app-2: staged and validated")
      try await scene.sandbox.stopSSH(on: "app-2")
      try await scene.sandbox.startSSH(on: "app-2")
    case .rebootInTheSwitch:
      try await scene.await("[ -e /root/standing ]", on: "app-2")
      try await scene.sandbox.reboot("app-2")
    case .shellKilledInTheSwitch:
      try await scene.await("[ -e /root/standing ]", on: "app-2")
      try await scene.on(
        "app-2", "pkill -KILL -f \(Scene.hostProgram) && pkill -x sleep")
    }
  }

  @Test(
    "a disk that is full when the undo is armed: refused, and nothing is changed; a page is enough",
    arguments: systems)
  func fullDisk(_ system: SandboxHost.System) async throws {
    func alter(_ host: inout SandboxHost) {
      guard host.name == "app-2" else { return }
      host.deployDiskSize = 512 << 10
      host.system = system
    }
    try await Scene.play(alter: alter) { scene in
      try await scene.apply()
      try scene.write(Self.playbook, to: "one.yml")
      for pagesLeft in 0..<2 {
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
        let results = try await scene.expectTruth(of: output, since: before, why)
        print("disk full, \(system), \(why): \(results)")
        #expect(results["app-1"] == "confirmed", "\(output.all)")
        // What the rename of undo.sh leaves of the old one is more than the switch takes.
        let isFull = pagesLeft == 0
        #expect(results["app-2"] == (isFull ? "refused" : "confirmed"), "\(output.all)")
        #expect(output.stdout.contains("No space left on device") == isFull, "\(output.all)")
        try await scene.on("app-2", "rm /etc/deploy/filler")
        try await scene.apply()
        try await scene.expectNoChanges()
      }
    }
  }
}
