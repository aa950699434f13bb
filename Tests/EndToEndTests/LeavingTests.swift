import Sandbox
import TestSupport
import Testing

@Suite(
  "A host that deploy leaves is as it was before", .serialized,
  .requires(isRoot, "namespaces need root"))
struct LeavingTests {
  /// All that deploy could have changed: every file and folder of /etc with its owner, mode and bytes,
  /// what the kernel has of rules and settings, what systemd knows, what nginx would serve, who listens.
  private static let everything = #"""
    find /etc -xdev -printf '%y %m %u:%g %p %l\n' | sort
    find /etc -xdev -type f -exec sha256sum {} + | sort -k 2
    ls -d /run/deploy* /run/deploy/transaction /etc/deploy* /usr/local/bin/deploy* 2>/dev/null | grep -vx /run/deploy
    nft list ruleset
    for program in iptables ip6tables; do $program-save | grep -v '^#'; done
    sysctl -a --pattern '^net\.' 2>/dev/null | grep -v -e conntrack_count -e rand
    nginx -T 2>/dev/null
    ss -Hltun | awk '{print $1, $5}' | sort
    [ ! -d /run/systemd/system ] || {
      systemctl list-unit-files --plain --no-legend
      systemctl list-units --all --plain --no-legend 'deploy*' 'nginx*' 'nftables*'
      systemctl list-timers --all --plain --no-legend 'deploy*'
      systemctl show -p ExecReload,DropInPaths nginx nftables
    }
    """#

  /// What its owner has on a host before: a site, rules, a table that deploy's come beside.
  private static let own = #"""
    mkdir -p /etc/nginx/sites-enabled /srv/own
    echo 'server { listen 8088; root /srv/own; }' >/etc/nginx/sites-enabled/own
    echo 'the owner' >/srv/own/index.html
    nginx -t -q && nginx -s reload
    nft -f - <<'RULES'
    table inet owner {
      set known { type ipv4_addr; elements = { 198.18.0.99 } }
      chain input { type filter hook input priority -5; policy accept; ip saddr @known counter accept; }
    }
    RULES
    """#

  /// As Alpine has it, with the sites' files in http.d.
  private static let alpine = """
    mkdir -p /etc/nginx/http.d
    sed -i 's#/etc/nginx/conf.d/\\*.conf#/etc/nginx/http.d/*.conf#' /etc/nginx/nginx.conf
    grep -q 'include /etc/nginx/http.d/' /etc/nginx/nginx.conf
    nginx -t -q && nginx -s reload
    """

  private func everything(on host: String, _ scene: Scene) async throws -> [Substring] {
    let output = try await scene.on(host, Self.everything)
    return output.stdout.replacing(/counter packets \d+ bytes \d+/, with: "counter")
      .split(separator: "\n")
  }

  @Test(
    "with files, rules, settings, units and its own site as they were, whichever engine it had",
    arguments: ["nftables", "iptables"])
  func leaves(_ engine: String) async throws {
    var inventory = InventoryText(
      frontEnds: ["edge-1": "198.18.0.10", "edge-2": "198.18.0.12", "edge-3": "198.18.0.14"],
      backEnds: ["app-1": "198.18.0.21", "app-2": "198.18.0.22", "app-3": "198.18.0.23"])
    inventory.firewall = "{policy: drop, engine: \(engine), allow: [{port: 8088}]}"
    let leaving = ["app-1", "app-2", "edge-1", "edge-2"]
    try await Scene.play(inventory, alter: { if leaving.contains($0.name) { mixedSystems(&$0) } }) {
      scene in
      for host in leaving { try await scene.must(Self.own, on: host) }
      for host in ["app-1", "app-2"] { try await scene.must(Self.alpine, on: host) }
      let before = try await leaving.asyncMap { try await everything(on: $0, scene) }
      try await scene.apply()
      inventory.root = "/srv/other"
      try scene.write(inventory)
      try await scene.apply()
      for host in leaving {
        #expect(try await everything(on: host, scene) != before[leaving.firstIndex(of: host) ?? 0])
      }
      #expect(
        try await scene.must("curl -s http://198.18.0.21:8088/", on: "edge-3") == "the owner\n")

      try await scene.must("echo >/etc/nginx/http.d/deploy.conf", on: "app-1")
      let drift = try await scene.succeed("plan")
      #expect(
        drift.stdout.contains("/etc/nginx/http.d/deploy.conf was changed on the host"),
        "\(drift.all)")

      for host in leaving {
        inventory.backEnds[host] = nil
        inventory.frontEnds[host] = nil
      }
      try scene.write(inventory)
      try scene.write(
        "name: decommission\nprocedure: {name: decommission, certificates: revoke}\n",
        to: "decommission.yml")
      let output = try await scene.succeed(
        "apply", "--yes", "--playbook", scene.folder + "/decommission.yml")
      for (host, old) in zip(leaving, before) {
        let new = try await everything(on: host, scene)
        let difference = new.difference(from: old)
        #expect(difference.isEmpty, "\(host): \(difference)\n\(output.all)")
        #expect(
          try await scene.must("curl -s http://127.0.0.1:8088/", on: host) == "the owner\n")
      }
      let stays = try await scene.fetch(from: "198.18.0.14")
      #expect(stays.stdout == "/srv/other app-3\n", "\(stays.all)")
    }
  }
}
