import Sandbox
import TestSupport
import Testing

/// Kinds of hosts, and their faults.
@Suite("Hosts of a box", .serialized, .requires(isRoot, "namespaces need root"))
struct HostTests {
  private let login = [
    "ssh", "-o", "BatchMode=yes", "-o", "ConnectTimeout=2", "-o", "ServerAliveInterval=1",
    "-o", "ServerAliveCountMax=1", "198.18.0.21",
  ]

  private func host(_ change: (inout SandboxHost) -> Void = { _ in }) -> SandboxHost {
    var host = SandboxHost(name: "app-1", addresses: ["198.18.0.21"])
    change(&host)
    return host
  }

  @Test("a bare host has no nginx")
  func bare() async throws {
    try await withSandbox([host { $0.isBare = true }]) { sandbox in
      let output = try await sandbox.run(login + ["command -v nginx; ls /etc/nginx"])
      #expect(output.status != 0)
      #expect(output.stdout == "")
    }
  }

  @Test("a host with a small disk refuses larger files, and only below /etc/deploy")
  func smallDisk() async throws {
    try await withSandbox([host { $0.deployDiskSize = 65_536 }]) { sandbox in
      func write(_ path: String) async throws -> CommandOutput {
        try await sandbox.run(login + ["head -c 200000 /dev/zero >\(path)"])
      }
      let full = try await write("/etc/deploy/file")
      #expect(full.status == 1)
      #expect(full.stderr.contains("No space left"))
      #expect(try await write("/etc/file").status == 0)
    }
  }

  @Test("a host that is down has an address, refuses connections, and can be started")
  func down() async throws {
    try await withSandbox([host { $0.isDown = true }]) { sandbox in
      let refused = try await sandbox.run(login + ["true"])
      #expect(refused.status == 255)
      #expect(refused.stderr.contains("Connection refused"))
      try await sandbox.startSSH(on: "app-1")
      #expect(try await sandbox.run(login + ["true"]).status == 0)
      try await sandbox.stopSSH(on: "app-1")
      #expect(try await sandbox.run(login + ["true"]).status == 255)
    }
  }

  @Test("another user logs in with the box's key")
  func user() async throws {
    try await withSandbox([host { $0.user = "operator" }]) { sandbox in
      let output = try await sandbox.run(login + ["-l", "operator", "id -un; pwd"])
      #expect(output.stdout == "operator\n/home/operator\n", "\(output.stderr)")
    }
  }

  @Test("a host whose sshd hangs accepts connections without an answer, until it continues")
  func pause() async throws {
    try await withSandbox([host()]) { sandbox in
      try await sandbox.pauseSSH(on: "app-1")
      let hung = try await sandbox.run(login + ["true"])
      #expect(hung.status == 255)
      #expect(hung.stderr.contains("timed out"), "\(hung.stderr)")
      try await sandbox.resumeSSH(on: "app-1")
      #expect(try await sandbox.run(login + ["true"]).status == 0)
    }
  }

  @Test("a disconnected host is not reached, and works as before when it is connected again")
  func cut() async throws {
    try await withSandbox([host { $0.addresses.append("2001:2::21") }]) { sandbox in
      try await sandbox.cut("app-1")
      let lost = try await sandbox.run(login + ["true"])
      #expect(lost.status == 255)
      try await sandbox.reconnect("app-1")
      for address in ["198.18.0.21", "2001:2::21"] {
        let back = try await becomesTrue {
          try await sandbox.run(login.dropLast() + [address, "true"]).status == 0
        }
        #expect(back, "\(address)")
      }
    }
  }

  @Test(
    "a host that reboots keeps its disk and its address, and loses everything else",
    arguments: systems, Outage.allCases)
  func outage(system: SandboxHost.System, outage: Outage) async throws {
    let hosts = [
      host {
        $0.system = system
        $0.deployDiskSize = 1_000_000
      }, SandboxHost(name: "app-2", addresses: ["198.18.0.22"]),
    ]
    try await withSandbox(hosts) { sandbox in
      for path in ["/run/kept", "/tmp/kept", "/etc/kept", "/etc/deploy/kept"] {
        try await sandbox.write("x", to: path, on: .host("app-1"))
      }
      let before = try await sandbox.run(
        login + ["nft add table inet lab; sleep 1000 >/dev/null 2>&1 </dev/null &"])
      #expect(before.status == 0, "\(before.stderr)")
      let network = try await sandbox.run(["readlink", "/proc/self/ns/net"], on: .host("app-1"))
      switch outage {
      case .reboot: try await sandbox.reboot("app-1")
      case .powerCut: try await sandbox.powerCycle("app-1")
      }
      let after = try await sandbox.run(
        login + [
          "ls /run/kept /tmp/kept /etc/kept /etc/deploy/kept 2>/dev/null; nft list ruleset; "
            + "pgrep -fx 'sleep 1000'; pgrep -xo nginx >/dev/null && echo nginx"
        ])
      #expect(after.stdout == "/etc/deploy/kept\n/etc/kept\nnginx\n", "\(after.stderr)")
      #expect(
        try await sandbox.run(["readlink", "/proc/self/ns/net"], on: .host("app-1")) != network)
      for place in [SandboxPlace.controller, .host("app-2")] {
        let page = try await sandbox.run(
          ["curl", "-sS", "-o", "/dev/null", "http://198.18.0.21/"], on: place)
        #expect(page.status == 0, "from \(place): \(page.stderr)")
      }
    }
  }

  @Test("a user other than root becomes root as the host's sudo allows", arguments: systems)
  func sudo(system: SandboxHost.System) async throws {
    let kinds = SandboxHost.Sudo.allCases
    let hosts = kinds.enumerated().map { index, sudo in
      SandboxHost(
        name: sudo.rawValue, system: system, addresses: ["198.18.0.5\(index)"],
        user: "operator", sudo: sudo)
    }
    try await withSandbox(hosts) { sandbox in
      func become(_ kind: SandboxHost.Sudo, _ command: String) async throws -> CommandOutput {
        try await sandbox.run([
          "ssh", "-o", "BatchMode=yes", "operator@\(kind.rawValue)", command,
        ])
      }
      let root = try await become(.passwordless, "sudo -n id -u")
      #expect(root.stdout == "0\n", "\(root.stderr)")
      for kind in [SandboxHost.Sudo.password, .none] {
        let refused = try await become(kind, "sudo -n id -u")
        #expect(refused.status == 1 && refused.stdout == "")
        #expect(refused.stderr.contains("a password is required"), "\(refused.stderr)")
      }
      for (kind, status) in [(SandboxHost.Sudo.password, 0), (.none, 1 as Int32)] {
        let listed = try await sandbox.run(
          ["sudo", "-l", "-U", "operator", "id"], on: .host(kind.rawValue))
        #expect(listed.status == status, "\(kind): \(listed)")
      }
    }
  }
}

/// How a host goes down.
enum Outage: CaseIterable {
  case reboot
  case powerCut
}
