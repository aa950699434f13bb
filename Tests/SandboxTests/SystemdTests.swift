import Sandbox
import TestSupport
import Testing

/// A host with systemd among plain ones.
@Suite(
  "Systemd hosts of a box", .serialized, .requires(isRoot, "namespaces need root"),
  .requires(blocker == nil, Comment(rawValue: blocker ?? "")))
struct SystemdTests {
  private let login = ["ssh", "-o", "BatchMode=yes", "-o", "ConnectTimeout=5"]

  private func fleet(_ change: (inout SandboxHost) -> Void = { _ in }) -> [SandboxHost] {
    var host = SandboxHost(
      name: "app-1", system: .systemd, addresses: ["198.18.0.41", "2001:2::41"],
      pages: ["/var/www/html/index.html": "I am app-1\n"])
    change(&host)
    return [host, SandboxHost(name: "app-2", addresses: ["198.18.0.42"])]
  }

  @Test("systemd runs its services, reloads them, keeps a journal and starts timers")
  func services() async throws {
    try await withSandbox(fleet()) { sandbox in
      func root(_ command: String) async throws -> CommandOutput {
        try await sandbox.run(login + ["198.18.0.41", command])
      }
      #expect(try await root("systemctl is-system-running").stdout == "running\n")
      #expect(try await root("systemctl is-active nginx ssh").stdout == "active\nactive\n")
      #expect(try await root("ps -o comm= -p 1").stdout == "systemd\n")
      let reload = try await root(
        "echo nonsense >/etc/nginx/conf.d/bad.conf; systemctl reload nginx && echo wrong; "
          + "rm /etc/nginx/conf.d/bad.conf; systemctl reload nginx && echo right")
      #expect(reload.stdout == "right\n", "\(reload.stderr)")
      let journal = try await root("journalctl --unit nginx --boot --output cat")
      #expect(journal.stdout.contains("unexpected end of file"), "\(journal)")
      let rules = try await root("nft add table inet lab && nft list ruleset")
      #expect(rules.stdout == "table inet lab {\n}\n", "\(rules.stderr)")
      let page = try await sandbox.run(["curl", "-sS", "http://198.18.0.41/"], on: .host("app-2"))
      #expect(page.stdout == "I am app-1\n", "\(page.stderr)")
      let timer = try await root(
        "systemd-run --on-active=1 --timer-property=AccuracySec=100ms touch /run/fired")
      #expect(timer.status == 0, "\(timer.stderr)")
      let fired = try await becomesTrue {
        try await sandbox.run(["test", "-e", "/run/fired"], on: .host("app-1")).status == 0
      }
      #expect(fired)
    }
  }

  @Test("a host may change the kernel settings that a deployment needs")
  func rights() async throws {
    try await withSandbox(fleet()) { sandbox in
      for command in [
        "sysctl -qw net.ipv4.ip_forward=1",
        "unshare --net --mount sysctl -qw net.ipv4.ip_nonlocal_bind=1",
        "unshare --mount sh -c 'mount --make-rprivate / && mount -t tmpfs none /run'",
        "iptables -A INPUT -p tcp --dport 81 -j DROP",
      ] {
        let output = try await sandbox.run(login + ["198.18.0.41", command])
        #expect(output.status == 0, "\(command): \(output.stderr)")
      }
    }
  }

  @Test("only an orderly reboot lets services stop")
  func order() async throws {
    try await withSandbox(fleet()) { sandbox in
      let unit = """
        [Service]
        Type=oneshot
        RemainAfterExit=yes
        ExecStart=/bin/true
        ExecStop=/bin/touch /etc/stopped
        [Install]
        WantedBy=multi-user.target

        """
      try await sandbox.write(unit, to: "/etc/systemd/system/lab.service", on: .host("app-1"))
      let start = try await sandbox.run(
        ["systemctl", "enable", "--now", "lab.service"], on: .host("app-1"))
      #expect(start.status == 0, "\(start.stderr)")
      let stopped = ["test", "-e", "/etc/stopped"]
      let boot = ["cat", "/proc/sys/kernel/random/boot_id"]
      var boots = [try await sandbox.run(boot, on: .host("app-1")).stdout]
      try await sandbox.powerCycle("app-1")
      boots.append(try await sandbox.run(boot, on: .host("app-1")).stdout)
      #expect(try await sandbox.run(stopped, on: .host("app-1")).status == 1)
      let active = try await sandbox.run(
        ["systemctl", "is-active", "lab.service"], on: .host("app-1"))
      #expect(active.stdout == "active\n")
      try await sandbox.reboot("app-1")
      #expect(try await sandbox.run(stopped, on: .host("app-1")).status == 0)
      boots.append(try await sandbox.run(boot, on: .host("app-1")).stdout)
      #expect(Set(boots).count == 3, "\(boots)")
    }
  }

  @Test("a host may reboot itself, and a disconnected cable stays disconnected")
  func cable() async throws {
    try await withSandbox(fleet()) { sandbox in
      for name in ["app-1", "app-2"] {
        try await sandbox.cut(name)
        try await sandbox.powerCycle(name)
        let request = ["curl", "-sS", "--max-time", "1", "-o", "/dev/null", "http://\(name)/"]
        #expect(try await sandbox.run(request).status != 0, "\(name)")
        try await sandbox.reconnect(name)
        let back = try await becomesTrue { try await sandbox.run(request).status == 0 }
        #expect(back, "\(name)")
      }
      try await sandbox.write("x", to: "/run/lab", on: .host("app-1"))
      _ = try await sandbox.run(login + ["app-1", "systemctl reboot"])
      let returned = try await becomesTrue {
        try await sandbox.run(login + ["app-1", "test ! -e /run/lab"]).status == 0
      }
      #expect(returned)
    }
  }

  @Test("sshd stops, starts and hangs as on a plain host")
  func ssh() async throws {
    let hosts = fleet {
      $0.sshPort = 2222
      $0.isDown = true
      $0.isBare = true
    }
    try await withSandbox(hosts) { sandbox in
      let command =
        login + ["-o", "ServerAliveInterval=1", "-o", "ServerAliveCountMax=1", "-p", "2222"]
        + ["198.18.0.41", "command -v nginx; systemctl is-system-running"]
      func status() async throws -> Int32 { try await sandbox.run(command).status }
      #expect(try await status() == 255)
      try await sandbox.startSSH(on: "app-1")
      #expect(try await sandbox.run(command).stdout == "running\n")
      try await sandbox.pauseSSH(on: "app-1")
      #expect(try await status() == 255)
      try await sandbox.resumeSSH(on: "app-1")
      #expect(try await status() == 0)
      let session = try sandbox.spawn(command.dropLast() + ["echo in; sleep 1000"])
      let isIn = try await becomesTrue {
        try await sandbox.run(["pgrep", "-fx", "sleep 1000"], on: .host("app-1")).status == 0
      }
      #expect(isIn)
      try await sandbox.stopSSH(on: "app-1")
      #expect(try await session.wait().status == 255)
      #expect(try await status() == 255)
    }
  }

  @Test("two boxes at once have hosts of the same names")
  func twoBoxes() async throws {
    func identify(_ sandbox: Sandbox) async throws -> String {
      try await sandbox.reboot("app-1")
      let output = try await sandbox.run(login + ["app-1", "cat /etc/machine-id"])
      #expect(output.status == 0, "\(output.stderr)")
      return output.stdout
    }
    async let first = withSandbox(fleet()) { try await identify($0) }
    async let second = withSandbox(fleet()) { try await identify($0) }
    let (left, right) = try await (first, second)
    #expect(left != right)
  }
}
