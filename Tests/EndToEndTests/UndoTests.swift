import Foundation
import Sandbox
import TestSupport
import Testing

@Suite(
  "Automatic rollback of unconfirmed releases", .serialized,
  .requires(isRoot, "namespaces need root"))
struct UndoTests {
  /// Everything at once, and the shortest wait that a playbook may ask for.
  static let playbook = "name: quick\nrollout: {batch: 100%, confirm_within: 5s}\n"

  private func play(
    _ inventory: InventoryText = InventoryText(), alter: (inout SandboxHost) -> Void = { _ in },
    _ body: (Scene) async throws -> Void
  ) async throws {
    try await Scene.play(inventory, alter: alter) { scene in
      try scene.write(Self.playbook, to: "quick.yml")
      try await body(scene)
    }
  }

  /// What a host has and what its nginx holds, without what every transaction leaves of itself.
  private func installed(_ scene: Scene, _ host: String) async throws -> String {
    try await scene.on(
      host,
      """
      cd /etc/deploy && readlink current && cat current/manifest /etc/nginx/conf.d/deploy.conf
      nft -s list ruleset
      ls -l /proc/$(cat /run/nginx.pid)/fd | grep -o 'releases/.*served'
      """
    ).stdout
  }

  @Test("a firewall that locks out new connections is rolled back, and the summary says so")
  func lockout() async throws {
    var inventory = InventoryText()
    let hosts = ["app-1", "app-2"]
    inventory.backEndLines = Dictionary(
      uniqueKeysWithValues: hosts.map { ($0, "ssh: {port: 2222}") })
    inventory.firewall = "{policy: sites}"
    func alter(_ host: inout SandboxHost) {
      mixedSystems(&host)
      host.sshPort = 22
    }
    try await play(inventory, alter: alter) { scene in
      // SSH comes in on a port that the hosts redirect: the firewall opens one that is not used.
      for host in hosts {
        try await scene.on(
          host,
          """
          nft 'table inet door { chain in { type nat hook prerouting priority dstnat;
            tcp dport 2222 redirect to :22; }; }'
          """)
      }
      try await scene.succeed("apply", "--yes", "--playbook", scene.folder + "/quick.yml")
      var before: [String: String] = [:]
      for host in hosts { before[host] = try await installed(scene, host) }
      inventory.firewall = "{policy: drop}"
      try scene.write(inventory)
      let refused = try await scene.deploy("apply", "--yes", "--limit", "app-*")
      let output = try await scene.deploy(
        "apply", "--yes", "--playbook", scene.folder + "/quick.yml", "--limit", "app-*",
        "--allow-lockout")
      #expect(output.status == 1)
      for host in hosts {
        #expect(refused.stdout.contains("\(host)  refused"), "\(refused.all)")
        #expect(
          output.stdout.contains("\(host)  reverted  it was not confirmed in time"),
          "\(output.all)")
        #expect(try await installed(scene, host) == before[host])
      }
      inventory.firewall = "{policy: drop, allow: [{port: 22}]}"
      try scene.write(inventory)
      try await scene.apply()
      try await scene.expectNoChanges()
    }
  }

  @Test("hosts roll back after the controller was killed, with one timer killed or not")
  func killedController() async throws {
    try await play { scene in
      try await scene.apply()
      for killsTimer in [false, true] {
        let before = try await installed(scene, "app-1")
        try scene.write(InventoryText(root: "/srv/other"))
        try await scene.killOnceApplied(on: "app-1")
        if killsTimer {
          let killed = try await scene.on(
            "app-1", "kill -9 $(\(Scene.timers) | head -n 1)")
          #expect(killed.status == 0, "\(killed.all)")
        }
        try scene.write(InventoryText())
        // The survey waits until the host has settled, so there is no race.
        try await scene.expectNoChanges()
        #expect(try await installed(scene, "app-1") == before)
        let result = try await scene.on("app-1", "cat /etc/deploy/result").stdout
        #expect(result.hasSuffix("reverted it was not confirmed in time\n"), "\(result)")
      }
      try scene.write(InventoryText(root: "/srv/other"))
      try await scene.apply()
      try await scene.expectNoChanges()
    }
  }

  @Test("with every timer killed, the next run restores the previous release and continues")
  func killedTimers() async throws {
    try await play { scene in
      try await scene.apply()
      try scene.write(InventoryText(root: "/srv/other"))
      try await scene.killOnceApplied(on: "app-1")
      try await scene.on("app-1", "kill -9 $(pgrep -f 'undo[.]sh')")
      let plan = try await scene.deploy("plan", "--limit", "app-1")
      #expect(plan.stdout.contains("a transaction on the host was interrupted"), "\(plan.all)")
      try await scene.apply()
      try await scene.expectNoChanges()
      #expect(try await scene.answering(["/srv/other app-1"]).contains("/srv/other app-1"))
    }
  }

  @Test("the first apply of a bare host is rolled back to a bare host")
  func firstApply() async throws {
    try await play { scene in
      let bare = try await scene.fingerprint(of: "app-1")
      try await scene.killOnceApplied(on: "app-1")
      let plan = try await scene.deploy("plan", "--limit", "app-1")
      #expect(plan.stdout.contains("+ app-1"), "\(plan.all)")
      #expect(try await scene.fingerprint(of: "app-1") == bare)
      try await scene.apply()
      try await scene.expectNoChanges()
    }
  }

  @Test(
    "a rollback switches to a kept release, and the next plan shows what it would change again")
  func rollback() async throws {
    try await play { scene in
      try await scene.apply()
      try scene.write(InventoryText(root: "/srv/other"))
      try await scene.apply()
      let output = try await scene.succeed("rollback", "app-1", "--yes")
      #expect(output.stdout.contains("\n1 confirmed"), "\(output.all)")
      #expect(try await scene.on("app-1", "readlink /etc/deploy/current").stdout == "releases/1\n")
      #expect(try await scene.answering(["/srv/shop app-1"]).contains("/srv/shop app-1"))
      let status = try await scene.succeed("status")
      #expect(status.stdout.contains("app-1   1        1 "), "\(status.all)")
      let plan = try await scene.deploy("plan", "--detailed-exitcode")
      #expect(plan.status == 2)
      #expect(plan.stdout.contains("~ app-1") && !plan.stdout.contains("~ app-2"), "\(plan.all)")
      let missing = try await scene.deploy("rollback", "app-1", "--to", "7", "--yes")
      #expect(missing.status == 1)
      #expect(missing.stderr.contains("app-1 does not have release 7"), "\(missing.all)")

      var moved = InventoryText(root: "/srv/other")
      moved.siteBackEnds = ["{host: app-1, port: 8443}", "app-2"]
      try scene.write(moved)
      try await scene.apply()
      let before = try await installed(scene, "app-1")
      try scene.write("name: proven\nrollout: {verify: edges}\n", to: "proven.yml")
      // The front-end, whose turn is later, asks for a port that the back-end had not then.
      let unproven = try await scene.deploy(
        "rollback", "app-1", "edge-1", "--to", "1", "--yes", "--playbook",
        scene.folder + "/proven.yml")
      #expect(unproven.status == 1)
      #expect(unproven.stdout.contains("app-1   reverted"), "\(unproven.all)")
      #expect(try await installed(scene, "app-1") == before)
      // It does so where the run does not look at it, too, unless it is out of reach.
      let alone = [
        "rollback", "app-1", "--to", "1", "--yes", "--playbook", scene.folder + "/proven.yml",
      ]
      let asked = try await scene.deploy(alone)
      #expect(asked.stdout.contains("app-1  reverted"), "\(asked.all)")
      #expect(try await installed(scene, "app-1") == before)
      try await scene.on("edge-1", "pkill -KILL -x sshd; rm -f /run/sshd.pid")
      let lost = try await scene.deploy(alone)
      #expect(lost.status == 0, "\(lost.all)")
      #expect(
        lost.stderr.contains(
          "not tested: edge-1 → app-1, shop.example: could not connect to edge-1"), "\(lost.all)")
      try await scene.on("edge-1", "/usr/sbin/sshd -E /var/log/sshd.log")
      try await scene.succeed("apply", "--yes")
      try await scene.expectNoChanges()
    }
  }

  @Test("one host costs a survey, a stream and a confirmation over a connection of its own")
  func roundTrips() async throws {
    try await play { scene in
      let first = try await scene.succeed("apply", "--yes", "--format", "json", "--limit", "app-1")
      #expect(first.stdout.contains("\"connections\" : 2,"), "\(first.stdout)")
      #expect(first.stdout.contains("\"executions\" : 2"), "\(first.stdout)")
      let second = try await scene.succeed("apply", "--yes", "--format", "json", "--limit", "app-1")
      #expect(second.stdout.contains("\"connections\" : 1,"), "\(second.stdout)")
      #expect(second.stdout.contains("\"executions\" : 1"), "\(second.stdout)")
      try scene.write(InventoryText(root: "/srv/other"))
      let change = try await scene.succeed("apply", "--yes", "--format", "json", "--limit", "app-1")
      let sent = try #require(change.stdout.firstMatch(of: /"bytesSent" : (\d+)/))
      // All but what the host has issued already, as tar packs it: headers, blocks and records.
      let sizes = try await scene.on(
        "app-1",
        """
        cd /etc/deploy/releases/2 && find . -type f ! -name before ! -name served ! -name '*.listing' \
          ! -name 'back-end.*' -exec stat -c %s {} +
        """)
      let files = sizes.stdout.split(separator: "\n").compactMap { Int($0) }
      #expect(files.count > 3, "\(sizes.all)")
      let archive = (files + [512]).reduce(1024) { $0 + 512 + ($1 + 511) / 512 * 512 }
      let besides = try #require(Int(sent.1)) - (archive + 10_239) / 10_240 * 10_240
      print("\(besides) bytes sent besides the release's archive")
      #expect(besides < 8 * 1024, "\(change.stdout)\(sizes.all)")
    }
  }
}

extension Scene {
  /// Prints the timers of a host: each leads a session of its own, unlike the child that it has for the
  /// moment between its fork and its program.
  /// The one that leads their session, and its first child: another one is about to become a program.
  static let timers = """
    ps -eo pid=,ppid=,sid=,args= --sort=pid | awk '/undo[.]sh timer/ {
      if ($1 == $3) { print $1; leads[$1] = 1 } else if (leads[$2] && !found[$2]++) print $1
    }'
    """

  /// Applies to one host and kills the controller between the switch and its confirmation.
  func killOnceApplied(on host: String) async throws {
    // The first new connection comes in, for the survey and the transaction; the second one does not.
    try await on(
      host,
      """
      nft 'table inet gate { chain in { type filter hook input priority -10;
        tcp dport 22 ct state new limit rate over 1/hour burst 1 packets reject with tcp reset; }; }'
      """)
    let run = try spawn(
      "apply", "--yes", "--playbook", folder + "/quick.yml", "--limit", host)
    let applied = try await on(
      host,
      """
      tries=0
      until [ -e /etc/deploy/pending ] && [ -s /run/deploy/applied ]; do
        tries=$((tries + 1)); [ $tries -lt 600 ] || exit 1
        sleep 0.05
      done
      """)
    try await run.signal(SIGKILL)
    let output = try await run.wait()
    #expect(applied.status == 0, "it was never applied: \(output.all)")
    try await on(host, "nft delete table inet gate")
  }
}
