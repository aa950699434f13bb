import Sandbox
import TestSupport
import Testing

@Suite(
  "Other services of a host are reported before they are cut off", .serialized,
  .requires(isRoot, "namespaces need root"))
struct SurroundingsTests {
  /// A service of its own, a foreign chain, and Docker's leftovers.
  private static let deeds = #"""
    setsid perl -e '
      use Socket; socket(my $s, PF_INET, SOCK_STREAM, 0); bind($s, pack_sockaddr_in(9100, INADDR_ANY));
      listen($s, 5); $0 = "node exporter"; sleep 1000
    ' < /dev/null > /dev/null 2>&1 &
    until ss -Hltn | grep -q ':9100 '; do kill -0 $! || exit 1; done
    nft -f - <<'RULES'
    table inet guard {
      chain input { type filter hook input priority -5; policy accept; tcp dport 8080 drop; }
    }
    table ip filter {
      chain FORWARD { type filter hook forward priority 0; policy drop; jump DOCKER-USER; }
      chain DOCKER-USER { return; }
    }
    RULES
    """#

  private func warnings(_ output: CommandOutput, of host: String) -> [String] {
    output.stdout.split(separator: "\n").map(String.init)
      .filter { $0.hasPrefix("warning: ") && $0.contains(host) && !$0.contains("no systemd") }
  }

  private func reachesService(_ scene: Scene) async throws -> Bool {
    try await scene.on("edge-1", "timeout 2 bash -c ': < /dev/tcp/198.18.0.21/9100'").status == 0
  }

  @Test("warnings name closing ports, foreign chains and Docker, and only if they exist")
  func warnings() async throws {
    try await Scene.play { scene in
      let deeds = try await scene.on("app-1", Self.deeds)
      #expect(deeds.status == 0, "\(deeds.all)")
      let plan = try await scene.deploy("plan")
      #expect(
        warnings(plan, of: "app-1") == [
          "warning: the new firewall of app-1 closes 80/tcp (nginx), 9100/tcp (node exporter): to keep"
            + " a port open, add it to firewall.allow",
          "warning: the chain input of inet guard on app-1 drops packets that deploy's firewall"
            + " accepts: \"tcp dport 8080 drop\"",
          "warning: Docker is on app-1: the ports that its containers publish bypass deploy's firewall;"
            + " restrict them in Docker's own chain DOCKER-USER",
        ], "\(plan.all)")
      // Debian's own site, which the host had before.
      #expect(
        warnings(plan, of: "app-2") == [
          "warning: the new firewall of app-2 closes 80/tcp (nginx): to keep a port open, add it to"
            + " firewall.allow"
        ], "\(plan.all)")
      #expect(try await reachesService(scene))

      try await scene.apply()
      #expect(try await !reachesService(scene))
      let again = try await scene.deploy("plan", "--detailed-exitcode")
      #expect(again.status == 0, "\(again.all)")
      #expect(warnings(again, of: "app-1") == [])
    }
  }

  @Test("a firewall that locks the controller out is refused, and rolls back if that is allowed")
  func lockout() async throws {
    var inventory = InventoryText()
    try await Scene.play(inventory) { scene in
      try await scene.apply()
      inventory.firewall = "{policy: drop, ssh_from: [203.0.113.0/24]}"
      try scene.write(inventory)
      let refused = try await scene.deploy("plan", "--limit", "app-1")
      #expect(refused.status == 1)
      #expect(refused.stdout.contains("would lock out the controller"), "\(refused.all)")
      #expect(refused.stdout.contains("or use --allow-lockout"), "\(refused.all)")

      let before = try await scene.restingHosts(["app-1"], "before the lockout")
      let output = try await scene.boundedApply(
        scene.writeShortPlaybook(), "--limit", "app-1", "--allow-lockout")
      let results = try await scene.expectTruth(of: output, since: before, "locked out")
      #expect(results == ["app-1": "reverted"], "\(output.all)")
    }
  }
}
