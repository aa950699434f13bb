import Foundation
import Sandbox
import TestSupport
import Testing

/// Whether this machine, and so each plain host, has the programs.
private let hasFirewallManagers = [
  "/usr/sbin/ufw", "/usr/sbin/firewalld", "/usr/bin/firewall-cmd", "/usr/bin/dbus-daemon",
  "/usr/sbin/dockerd",
].allSatisfy(FileManager.default.isExecutableFile)

/// Programs that keep rules of their own, as Debian has them: they really run, each on a host.
@Suite(
  "ufw, firewalld and Docker run beside deploy's firewall", .serialized,
  .requires(isRoot, "namespaces need root"),
  .requires(hasFirewallManagers, "scripts/install-packages neighbours"))
struct ManagersTests {
  /// app-1 has ufw, app-2 firewalld, app-3 Docker; SSH is open on each.
  private static let starts = [
    "app-1": """
    ufw allow 22/tcp
    ufw --force enable
    """,
    "app-2": """
    mkdir -p /run/dbus
    dbus-daemon --system --fork
    setsid firewalld --nofork </dev/null >/var/log/firewalld.start 2>&1 &
    for try in $(seq 400); do
      [ "$(firewall-cmd --state 2>/dev/null)" != running ] || exit 0
      sleep 0.05
    done
    exit 1
    """,
    "app-3": """
    mount -t tmpfs cgroup /sys/fs/cgroup
    for controller in $(awk '!/^#/ && $4 == 1 { print $1 }' /proc/cgroups); do
      mkdir "/sys/fs/cgroup/$controller"
      mount -t cgroup -o "$controller" cgroup "/sys/fs/cgroup/$controller" 2>/dev/null ||
        rmdir "/sys/fs/cgroup/$controller"
    done
    [ -d /sys/fs/cgroup/devices ] || mount -t cgroup2 cgroup /sys/fs/cgroup
    mkdir -p /run/docker-data

    """ + docker,
  ]

  private static let docker = """
    setsid dockerd --data-root /run/docker-data --exec-root /run/docker --pidfile /run/docker.pid \
      -H unix:///run/docker.sock --storage-driver vfs </dev/null >/var/log/docker.start 2>&1 &
    for try in $(seq 400); do
      ! curl -sf --unix-socket /run/docker.sock http://docker/_ping >/dev/null || exit 0
      sleep 0.05
    done
    exit 1
    """

  /// Makes each program load all of its rules again.
  private static let reloads = [
    "app-1": "ufw reload", "app-2": "firewall-cmd --reload",
    "app-3": """
    kill "$(cat /run/docker.pid)"
    while [ -e /run/docker.pid ]; do sleep 0.05; done

    """ + docker,
  ]

  private static let remedies = [
    "app-1": "ufw allow 443/tcp",
    "app-2": "firewall-cmd --permanent --add-port 443/tcp && firewall-cmd --reload",
  ]

  private static let backEnds = [
    "app-1": "198.18.0.21", "app-2": "198.18.0.22", "app-3": "198.18.0.23",
  ]

  /// Which back-ends let a front-end's connection in.
  private func reached(_ scene: Scene) async throws -> Set<String> {
    let script = Self.backEnds.sorted { $0.key < $1.key }.map { name, address in
      "(! timeout 2 bash -c ': </dev/tcp/\(address)/443' 2>/dev/null || echo \(name)) &"
    }.joined(separator: "\n")
    let told = try await scene.must(script + "\nwait", on: "edge-1")
    return Set(told.split(separator: "\n").map(String.init))
  }

  private func warnings(_ output: CommandOutput) -> [String] {
    output.stdout.split(separator: "\n").map(String.init)
      .filter { $0.hasPrefix("warning: ") && !$0.contains("no systemd") && !$0.contains("closes") }
  }

  private func play(
    _ firewall: String, _ body: (Scene) async throws -> Void
  ) async throws {
    var inventory = InventoryText(backEnds: Self.backEnds)
    inventory.firewall = firewall
    try await Scene.play(inventory) { scene in
      for (host, script) in Self.starts { try await scene.must(script, on: host) }
      try await body(scene)
      for (file, host) in [("docker.pid", "app-3"), ("firewalld.pid", "app-2")] {
        try await scene.must("kill \"$(cat /run/\(file))\"", on: host)
      }
    }
  }

  @Test("each program is reported with a remedy that works, and no rules are lost")
  func nftables() async throws {
    try await play("{policy: drop}") { scene in
      let plan = try await scene.deploy("plan")
      #expect(
        warnings(plan) == [
          "warning: ufw is active on app-1 and drops what it does not allow, even if"
            + " deploy's firewall accepts it: allow 22/tcp, 443/tcp there with \"ufw allow\", or turn it off with"
            + " \"ufw disable\"",
          "warning: firewalld is active on app-2 and rejects what it does not allow, even if"
            + " deploy's firewall accepts it: open 22/tcp, 443/tcp there with \"firewall-cmd"
            + " --permanent --add-port\" and \"firewall-cmd --reload\", or stop it with \"systemctl"
            + " disable --now firewalld\"",
          "warning: Docker is on app-3: the ports that its containers publish bypass deploy's"
            + " firewall; restrict them in Docker's own chain DOCKER-USER",
        ], "\(plan.all)")
      let docker = try await scene.must("iptables-save | grep -v '^#'", on: "app-3")
      #expect(docker.contains("-A FORWARD -j DOCKER-USER"))
      try await scene.apply()
      // The report was right.
      #expect(try await reached(scene) == ["app-3"])
      for (host, remedy) in Self.remedies { try await scene.must(remedy, on: host) }
      #expect(try await reached(scene) == ["app-1", "app-2", "app-3"])
      for (host, reload) in Self.reloads { try await scene.must(reload, on: host) }
      #expect(try await reached(scene) == ["app-1", "app-2", "app-3"])
      try await scene.expectNoChanges()
      #expect(try await scene.must("iptables-save | grep -v '^#'", on: "app-3") == docker)
    }
  }

  @Test("with iptables, deploy's chain comes before those of ufw and Docker, and stays there")
  func iptables() async throws {
    try await play("{policy: drop, engine: iptables}") { scene in
      let plan = try await scene.deploy("plan")
      #expect(
        warnings(plan).contains(
          "warning: ufw is active on app-1, and deploy's chain comes before ufw's: firewall.allow"
            + " opens ports there, \"ufw allow\" does not"), "\(plan.all)")
      #expect(
        plan.stdout.contains(
          "firewalld is active on app-2, rejects what it does not allow, and removes"),
        "\(plan.all)")
      try await scene.apply()
      #expect(try await reached(scene) == ["app-1", "app-3"])
      for (host, reload) in Self.reloads { try await scene.must(reload, on: host) }
      #expect(try await reached(scene) == ["app-1", "app-3"])
      // firewalld, as reported, has removed more than its own rules.
      let lost = try await scene.deploy("plan", "--detailed-exitcode")
      #expect(lost.stdout.contains("Plan: 1 to change, 3 unchanged."), "\(lost.all)")
      #expect(lost.stdout.contains("~ app-2"), "\(lost.all)")
      #expect(lost.stdout.contains("because the firewall is not loaded"), "\(lost.all)")
      // A port that ufw allows and the inventory does not stays closed, and only this is reported.
      try await scene.must("ufw allow 9100/tcp", on: "app-1")
      var inventory = InventoryText(backEnds: Self.backEnds)
      inventory.firewall = "{policy: drop, engine: iptables, allow: [{port: 9300}]}"
      try scene.write(inventory)
      let again = try await scene.deploy("plan", "--limit", "app-1,app-3")
      #expect(again.stdout.contains("9300/tcp now from everybody"), "\(again.all)")
      #expect(
        !again.stdout.contains("DEPLOY-INPUT") && !again.stdout.contains("of ip filter"),
        "\(again.all)")
    }
  }
}
