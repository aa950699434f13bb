import Sandbox
import TestSupport
import Testing

@Suite(
  "Manual changes on a host are reported and repaired", .serialized,
  .requires(isRoot, "namespaces need root"))
struct DriftTests {
  /// A manual change on a host, and the reason that the plan gives.
  private struct Drift {
    var host: String
    var deed: String
    var reason: String
  }

  private static let rounds = [
    [
      Drift(
        host: "app-1", deed: "echo '# mine' >> /etc/deploy/current/nginx/deploy.conf",
        reason: "nginx/deploy.conf was changed on the host"),
      Drift(
        host: "app-2", deed: "rm /etc/deploy/current/tls/back-end.key",
        reason: "tls/back-end.key was changed on the host"),
      Drift(
        host: "edge-1", deed: "nft flush ruleset", reason: "the firewall is not loaded"),
    ],
    [
      Drift(
        host: "app-1", deed: "echo 'server_tokens off;' >> /etc/nginx/conf.d/deploy.conf",
        reason: "/etc/nginx/conf.d/deploy.conf was changed on the host"),
      Drift(
        host: "app-2",
        deed: """
          nginx -s stop; tries=0
          while [ -e /run/nginx.pid ] && [ "$tries" -lt 500 ]; do tries=$((tries + 1)); sleep 0.01; done
          """,
        reason: "nginx is not running"),
      Drift(
        host: "edge-1", deed: "nft add rule inet deploy input tcp dport 9999 accept",
        reason: "the loaded firewall was changed on the host"),
    ],
    [
      Drift(
        host: "app-1", deed: "rm /etc/nginx/conf.d/deploy.conf && nginx -s reload",
        reason: "/etc/nginx/conf.d/deploy.conf was changed on the host"),
      Drift(
        host: "app-2", deed: "nft insert rule inet deploy input tcp dport 443 drop",
        reason: "the loaded firewall was changed on the host"),
      Drift(
        host: "edge-1", deed: "echo > /etc/deploy/current/tls/ca.crt",
        reason: "tls/ca.crt was changed on the host"),
    ],
  ]

  @Test(
    "every manual change is a reason in the plan, an apply undoes it, and nothing is left to do")
  func deeds() async throws {
    try await Scene.play { scene in
      try await scene.apply()
      for round in Self.rounds {
        for drift in round {
          let output = try await scene.on(drift.host, drift.deed)
          #expect(output.status == 0, "\(drift.deed)\n\(output.all)")
        }
        let plan = try await scene.deploy("plan", "--detailed-exitcode")
        #expect(plan.status == 2, "\(plan.all)")
        for drift in round {
          #expect(
            reasons(for: drift.host, in: plan.stdout).contains(drift.reason),
            "\(drift.host): \(drift.reason)\n\(plan.all)")
        }
        try await scene.apply()
        try await scene.expectNoChanges()
        #expect(
          try await scene.answering(["/srv/shop app-1", "/srv/shop app-2"])
            == ["/srv/shop app-1", "/srv/shop app-2"])
      }
    }
  }

  private func reasons(for host: String, in plan: String) -> [String] {
    plan.split(separator: "\n", omittingEmptySubsequences: false).drop { line in
      !line.hasPrefix("~ \(host) ")
    }.prefix { !$0.isEmpty }.compactMap { line in
      line.hasPrefix("    because ") ? String(line.dropFirst(12)) : nil
    }
  }

  @Test("a certificate that is due is renewed with its reason, one that is not is kept")
  func renewal() async throws {
    var inventory = InventoryText()
    inventory.validFor = "20d"
    inventory.renewBefore = "10d"
    try await Scene.play(inventory) { scene in
      try await scene.apply()
      let short = try await certificates(scene)
      inventory.root = "/srv/other"
      try scene.write(inventory)
      try await scene.apply()
      #expect(try await certificates(scene) == short)

      inventory.validFor = "365d"
      inventory.renewBefore = "30d"
      try scene.write(inventory)
      let plan = try await scene.deploy("plan", "-v")
      let due = plan.stdout.split(separator: "\n").count { $0.contains(/^ +why +it expires in/) }
      // One of each host, and the site's.
      #expect(due == 4, "\(plan.all)")
      try await scene.apply()
      let long = try await certificates(scene)
      #expect(zip(short, long).allSatisfy { $0 != $1 })
      try await scene.expectNoChanges()
      #expect(try await scene.fetch().stdout.hasPrefix("/srv/other app-"))
    }
  }

  /// The digests of every certificate and key of each host, except the CA bundle.
  private func certificates(_ scene: Scene) async throws -> [String] {
    try await ["app-1", "app-2", "edge-1"].asyncMap { host in
      try await scene.on(
        host,
        "cd /etc/deploy/current/tls && find . -type f ! -name 'ca*' | sort | xargs sha256sum"
      ).stdout
    }
  }
}
