import Foundation
import Sandbox
import TestSupport
import Testing

@Suite(
  "An SSH user becomes root with sudo", .serialized, .requires(isRoot, "namespaces need root"),
  .requires(systemdProblem == nil, Comment(rawValue: systemdProblem ?? "")))
struct SudoTests {
  private static func inventory(_ variant: Int = 0) -> InventoryText {
    var inventory = SystemdFleet.inventory(variant)
    inventory.ssh = "{user: ann, become: sudo, identity: ~/.ssh/id_ed25519}"
    return inventory
  }

  @Test("everything works as for root, with the same number of round trips")
  func passwordless() async throws {
    try await SystemdFleet.play(Self.inventory()) { scene in
      let bare = try await scene.fingerprint(of: "app-1")
      var unprivileged = Self.inventory()
      unprivileged.ssh = "{user: ann, identity: ~/.ssh/id_ed25519}"
      try scene.write(unprivileged)
      let refused = try await scene.deploy("plan", "--limit", "app-1")
      #expect(refused.stdout.contains("the SSH user is not root on the host"), "\(refused.all)")
      try scene.write(Self.inventory())
      for host in ["app-1", "app-2"] {
        try await expectTraffic(
          connections: 2, executions: 2, "apply", "--yes", "--limit", host, in: scene)
      }
      try await scene.apply()
      try await scene.expectNoChanges()
      try scene.write(Self.inventory(1))
      try await scene.apply()
      // A rollback asks once more, whether that release may come back; which one the host restores, it
      // says before the switch.
      try await expectTraffic(
        connections: 2, executions: 2, "rollback", "app-1", "--yes", in: scene)
      try await scene.expectWhole(1, on: "app-1")
      try await scene.succeed("status")
      var without = Self.inventory(1)
      without.backEnds["app-1"] = nil
      try scene.write(without)
      try await scene.apply()
      #expect(try await scene.fingerprint(of: "app-1") == bare)
      try await scene.expectNoUnits(on: "app-1")
    }
  }

  @Test(
    "a sudo with its own terminal, and a login whose end kills its processes, lose nothing")
  func strictHosts() async throws {
    try await SystemdFleet.play(Self.inventory()) { scene in
      try await scene.on(
        "app-1",
        """
        echo 'Defaults use_pty' > /etc/sudoers.d/strict
        mkdir -p /etc/systemd/logind.conf.d
        printf '[Login]\nKillUserProcesses=yes\n' > /etc/systemd/logind.conf.d/strict.conf
        systemctl restart systemd-logind
        """)
      try await scene.apply()
      try await scene.expectWhole(1, on: "app-1")
      try scene.write(Self.inventory(1))
      try await scene.killOnceApplied(on: "app-1")
      let timers = try await scene.on("app-1", Scene.timers + " | wc -l")
      #expect(timers.stdout == "2\n", "\(timers.all)")
      try await scene.settle("app-1")
      try await scene.expectWhole(1, on: "app-1")
      try await scene.apply()
      try await scene.expectNoChanges()
      try await scene.expectWhole(2, on: "app-1")
    }
  }

  private func expectTraffic(
    connections: Int, executions: Int, _ arguments: String..., in scene: Scene
  ) async throws {
    let output = try await scene.deploy(arguments + ["--format", "json"])
    #expect(output.status == 0, "\(output.all)")
    #expect(output.stdout.contains("\"connections\" : \(connections),"), "\(output.stdout)")
    #expect(output.stdout.contains("\"executions\" : \(executions)"), "\(output.stdout)")
  }

  @Test("if sudo asks for a password or is refused, the host reports it and is left alone")
  func refused() async throws {
    var inventory = Self.inventory()
    inventory.backEnds["app-3"] = "198.18.0.23"
    let hosts: [String: SandboxHost.Sudo] = ["app-1": .password, "app-2": .none]
    let alter = { (host: inout SandboxHost) in
      host.system = host.name == "app-1" ? .systemd : .plain
      host.sudo = hosts[host.name] ?? .passwordless
    }
    try await Scene.play(inventory, alter: alter) { scene in
      let before = try await hosts.keys.sorted().asyncMap { try await scene.fingerprint(of: $0) }
      let output = try await scene.deploy("apply", "--yes")
      #expect(output.status == 1)
      for host in hosts.keys {
        #expect(output.stdout.contains("\(host)  unreachable  see the plan"), "\(output.all)")
      }
      let why = "because sudo does not let ann become root without a password on the host"
      #expect(output.stdout.contains(why), "\(output.all)")
      #expect(output.stdout.contains("ann ALL=(root) NOPASSWD: ALL"), "\(output.all)")
      #expect(output.stdout.contains("\n2 confirmed, 2 unreachable"), "\(output.all)")
      #expect(
        try await hosts.keys.sorted().asyncMap { try await scene.fingerprint(of: $0) } == before)
      #expect(try await scene.deploy("status").status == 1)
      #expect(try await scene.deploy("plan", "--detailed-exitcode").status == 1)
    }
  }

  @Test("a sudo that needs a terminal, or whose shell cannot run, is reported with its cause")
  func otherCauses() async throws {
    try await Scene.play(Self.inventory()) { scene in
      for (host, line) in [
        ("app-1", "Defaults requiretty"), ("app-2", "ann ALL=(ALL) NOEXEC: NOPASSWD: ALL"),
      ] {
        try await scene.on(host, "echo \"$1\" > /etc/sudoers.d/strict", line)
      }
      let output = try await scene.deploy("plan")
      #expect(output.status == 1)
      for words in [
        "sudo requires a terminal on the host (requiretty)", "Defaults:ann !requiretty",
        "sudo lets ann run a shell on the host, but no programs from it (NOEXEC)",
      ] {
        #expect(output.stdout.contains(words), "\(words)\n\(output.all)")
      }
    }
  }

  @Test("a user whose name has a domain can log in")
  func nameWithDomain() async throws {
    var inventory = Self.inventory()
    inventory.backEndLines = ["app-1": "ssh: {user: ann@corp.example, become: sudo}"]
    try await Scene.play(inventory) { scene in
      try await scene.on(
        "app-1",
        "for file in /etc/passwd /etc/shadow; do sed -n 's/^ann:/ann@corp.example:/p' $file >> $file; done"
      )
      try await scene.apply()
      try await scene.expectNoChanges()
      try await scene.expectWhole(1, on: "app-1")
    }
  }

  @Test("a host with its own user is cleaned up with that user when it leaves the inventory")
  func ownUser() async throws {
    var inventory = SystemdFleet.inventory()
    inventory.backEndLines = ["app-1": "ssh: {user: ann, become: sudo}"]
    try await SystemdFleet.play(inventory) { scene in
      let bare = try await scene.fingerprint(of: "app-1")
      try await scene.apply()
      inventory.backEnds["app-1"] = nil
      try scene.write(inventory)
      try await scene.apply()
      #expect(try await scene.fingerprint(of: "app-1") == bare)
    }
  }

  @Test("the planner knows the controller's address behind sudo")
  func lockout() async throws {
    var inventory = Self.inventory()
    inventory.firewall = "{policy: drop, ssh_from: [198.18.99.0/24]}"
    try await SystemdFleet.play(inventory) { scene in
      let output = try await scene.deploy("apply", "--yes")
      #expect(output.status == 1)
      let blocked =
        "would lock out the controller, which connects from 198.18.255.254: add"
        + " 198.18.255.254 to firewall.ssh_from"
      // Once for both back-ends, and once for the front-end.
      #expect(output.stdout.components(separatedBy: blocked).count == 3, "\(output.all)")
      #expect(output.stdout.contains("\nPlan: 3 blocked.\n"), "\(output.all)")
      for host in ["app-1", "app-2", "edge-1"] {
        #expect(try await scene.inForce(on: host) == "bare\n")
      }
    }
  }
}
