import Sandbox
import TestSupport
import Testing

@Suite(
  "The main job on hosts with systemd", .serialized,
  .requires(isRoot, "namespaces need root"),
  .requires(systemdProblem == nil, Comment(rawValue: systemdProblem ?? "")))
struct SystemdJobTests {
  private static let both: Set = ["/srv/shop app-1", "/srv/shop app-2"]
  /// nginx as systemd sees it; its process is the one that nginx says.
  private static let nginx = """
    systemctl show --property=ActiveState,SubState,MainPID nginx.service
    [ "$(systemctl show --property=MainPID --value nginx.service)" = "$(cat /run/nginx.pid)" ]
    """

  @Test("systemd manages nginx through applies, and a host that leaves is as it was")
  func mainJob() async throws {
    try await SystemdFleet.play { scene in
      let bare = try await scene.fingerprint(of: "app-1")
      try await expectWarning(scene)
      let before = try await scene.on("app-1", Self.nginx)
      #expect(before.status == 0 && before.stdout.contains("ActiveState=active"))
      for variant in 0..<5 {
        try scene.write(SystemdFleet.inventory(variant))
        try await scene.apply()
        try await scene.expectNoChanges()
        let after = try await scene.on("app-1", Self.nginx)
        #expect(after == before, "\(after.all)")
      }
      let reloads = try await scene.on(
        "app-1", "journalctl --unit nginx --output cat | grep -c '^Reloaded nginx'")
      #expect(reloads.stdout == "5\n", "\(reloads.all)")
      #expect(try await scene.answering(Self.both) == Self.both)

      try await startStopped(scene)
      var last = SystemdFleet.inventory(4)
      last.backEnds["app-1"] = nil
      try scene.write(last)
      try await scene.apply()
      #expect(try await scene.fingerprint(of: "app-1") == bare)
      try await scene.expectNoUnits(on: "app-1")
      #expect(try await scene.on("app-1", Self.nginx).status == 0)
      #expect(try await scene.answering(["/srv/shop app-2"]) == ["/srv/shop app-2"])
      try await scene.expectNoChanges()
    }
  }

  /// Only hosts without systemd are reported to lose their firewall at a restart.
  private func expectWarning(_ scene: Scene) async throws {
    let mixed = try await scene.deploy("plan").stdout
    #expect(mixed.contains("warning: no systemd on app-2: after a reboot"), "\(mixed)")
    let systemd = try await scene.deploy("plan", "--limit", "app-1,edge-1").stdout
    #expect(systemd.contains("+ app-1") && !systemd.contains("no systemd"), "\(systemd)")
  }

  private func startStopped(_ scene: Scene) async throws {
    try await scene.on("app-1", "systemctl stop nginx.service")
    let plan = try await scene.deploy("plan")
    #expect(plan.stdout.contains("nginx is not running"), "\(plan.all)")
    try await scene.apply()
    let started = try await scene.on("app-1", Self.nginx)
    #expect(started.status == 0 && started.stdout.contains("ActiveState=active"), "\(started.all)")
    #expect(try await scene.answering(Self.both) == Self.both)
  }

  @Test("confirmed releases survive reboots, power cuts and every use of nftables")
  func persistence() async throws {
    try await SystemdFleet.play { scene in
      try await scene.apply()
      try scene.write(SystemdFleet.inventory(1))
      try await scene.apply()
      for command in [
        "systemctl restart nftables", "systemctl reload nftables",
        "systemctl stop nftables && systemctl start nftables",
        "systemctl enable --now nftables", "systemctl restart nginx",
      ] {
        for host in SystemdFleet.hosts {
          let output = try await scene.on(host, command)
          #expect(output.status == 0, "\(command): \(output.all)")
          try await scene.expectWhole(2, on: host, command)
        }
      }
      // nftables.service is enabled now, and loads an empty table of its own at boot.
      for host in SystemdFleet.hosts {
        try await scene.sandbox.reboot(host)
        try await expectSame(on: host, scene, "rebooted")
        try await scene.sandbox.powerCycle(host)
        try await expectSame(on: host, scene, "without power for a moment")
      }
      try await scene.on("app-1", "systemctl disable --now nftables")
      try await scene.sandbox.powerCycle("app-1")
      try await expectSame(on: "app-1", scene, "without nftables.service")
    }
  }

  private func expectSame(on host: String, _ scene: Scene, _ why: String) async throws {
    try await scene.expectWhole(2, on: host, why)
    try await scene.succeed("status")
    try await scene.expectNoChanges()
    let expected: Set = ["/srv/other app-1", "/srv/other app-2"]
    #expect(try await scene.answering(expected) == expected)
    let units = try await scene.on(
      host, "systemctl is-system-running; systemctl is-active deploy nginx ssh")
    #expect(units.stdout == "running\nactive\nactive\nactive\n", "\(host) \(why)")
  }
}
