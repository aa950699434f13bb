import Foundation
import Sandbox
import TestSupport
import Testing

/// The inventory of a fleet whose hosts have addresses in two networks, and of both families.
private struct NetworkText {
  var frontEnd = "address: 198.18.0.10, addresses: {private: 198.19.0.10}"
  var backEnds = [
    "app-1": "address: 198.18.0.21, addresses: {private: 198.19.0.21}",
    "app-2": "address: 198.18.0.22, addresses: {private: 198.19.0.22}",
  ]
  var ssh = "{user: root, identity: ~/.ssh/id_ed25519}"
  var network = "public"
  var firewall = "{policy: drop}"

  var text: String {
    """
    fleet: shop
    ca: {name: Shop Certification Center, passphrase: {env: DEPLOY_PASSPHRASE}}
    ssh: \(ssh)
    front_ends: {edge-1: {\(frontEnd)}}
    back_ends:
    \(backEnds.sorted { $0.key < $1.key }.map { "  \($0): {\($1)}" }.joined(separator: "\n"))
    network: \(network)
    sites:
      shop.example:
        front_ends: all
        back_ends: all
        certificate: {ca: true}
        back_end: {root: /srv/shop}
        snippets: {back_end: app.conf}
    firewall: \(firewall)

    """
  }

  func play(_ body: (Scene) async throws -> Void) async throws {
    try await Scene.play(text, on: InventoryText.sandboxHosts(of: text)) { scene in
      // nginx refuses to post to a file.
      try scene.write("error_page 405 =200 $uri;\n", to: "app.conf")
      try await body(scene)
    }
  }
}

@Suite("Networks", .serialized, .requires(isRoot, "namespaces need root"))
struct NetworksTests {
  private static let hosts = ["edge-1": "10", "app-1": "21", "app-2": "22"]

  /// In the sandbox all addresses are on one link; hosts of a private network have a route to it.
  private func routePrivately(_ scene: Scene) async throws {
    for (host, number) in Self.hosts {
      let output = try await scene.on(
        host, "ip route replace 198.19.0.0/24 dev eth0 src 198.19.0.\(number)")
      #expect(output.status == 0, "\(output.all)")
    }
  }

  /// Whether a host connects to a port, from the address that its kernel chooses.
  private func reaches(
    _ address: String, _ port: Int, from host: String, _ scene: Scene
  ) async throws -> Bool {
    try await scene.on(host, "timeout 2 bash -c ': < /dev/tcp/\(address)/\(port)'").status == 0
  }

  @Test("a fleet moves to its private network and back, and no request fails")
  func movesUnderTraffic() async throws {
    var inventory = NetworkText()
    try await inventory.play { scene in
      try await routePrivately(scene)
      try await scene.apply()
      let visitors = try Visitors(
        scene, ["edge-1": "198.18.0.10"],
        asking: .init(path: "/", certificate: "shop.ca/ca-1.crt"))

      inventory.network = "private"
      try scene.write(inventory.text, to: "shop.yml")
      let plan = try await scene.deploy("plan")
      #expect(
        plan.stdout.contains("443/tcp now also from 198.19.0.10")
          && plan.stdout.contains("443/tcp no longer from 198.18.0.10"), "\(plan.all)")
      try await scene.apply()
      try await scene.expectNoChanges()
      let upstream = try await scene.on(
        "edge-1", "cat /etc/deploy/current/nginx/front-end/shop.example.conf")
      #expect(upstream.stdout.contains("198.19.0.21:443"), "\(upstream.all)")
      #expect(
        upstream.stdout.contains("proxy_bind                     198.19.0.10;")
          || upstream.stdout.contains("proxy_bind 198.19.0.10;"), "\(upstream.all)")
      // The private address is let in, the public one no longer.
      #expect(try await reaches("198.19.0.21", 443, from: "edge-1", scene))
      #expect(try await !reaches("198.18.0.21", 443, from: "edge-1", scene))
      let seen = try await scene.on(
        "app-1", "tail -n 1 /var/log/nginx/shop.example.back-end.access.log")
      #expect(seen.stdout.contains("198.19.0.10"), "\(seen.all)")
      try await scene.succeed("verify")

      inventory.network = "{from: public, to: private}"
      try scene.write(inventory.text, to: "shop.yml")
      try await scene.apply()
      inventory.network = "public"
      try scene.write(inventory.text, to: "shop.yml")
      try await scene.apply()
      try await scene.expectNoChanges()
      #expect(try await reaches("198.18.0.21", 443, from: "edge-1", scene))
      #expect(try await !reaches("198.19.0.21", 443, from: "edge-1", scene))
      try await scene.succeed("verify")
      _ = try await visitors.expectNoFailure("moves between networks", moreThan: 20, reloads: 12)
    }
  }

  @Test("a host without its address in the network of its sites is blocked, and no edge breaks")
  func absentAddress() async throws {
    var inventory = NetworkText()
    try await inventory.play { scene in
      try await scene.apply()
      inventory.network = "private"
      inventory.frontEnd = "address: 198.18.0.10, addresses: {private: 198.19.0.99}"
      try scene.write(inventory.text, to: "shop.yml")
      let applied = try await scene.deploy("apply", "--yes")
      #expect(applied.status == 1, "\(applied.all)")
      #expect(
        applied.all.contains(
          "the host does not have the address 198.19.0.99, which the inventory gives it in the network private"
        ),
        "\(applied.all)")
      #expect(try await answer(at: "198.18.0.10", scene).hasPrefix("200 "))
    }
  }

  @Test("both families are opened and verified, and the second one serves when the first fails")
  func dualStack() async throws {
    var inventory = NetworkText()
    inventory.frontEnd = "address: [198.18.0.10, \"2001:db8::10\"]"
    inventory.backEnds = ["app-1": "address: [\"2001:db8::21\", 198.18.0.21]"]
    try await inventory.play { scene in
      try await scene.apply()
      try await scene.expectNoChanges()
      let verified = try await scene.succeed("verify", "--all")
      for address in ["198.18.0.21", "2001:db8::21", "2001:db8::10"] {
        #expect(verified.stdout.contains(address), "\(verified.all)")
      }
      for address in ["198.18.0.10", "[2001:db8::10]"] {
        #expect(try await answer(at: address, scene) == "200 /srv/shop app-1", "\(address)")
      }
      let log = "tail -n 1 /var/log/nginx/shop.example.back-end.access.log"
      #expect(try await scene.on("app-1", log).stdout.contains("198.18.0.10"))
      // The first family fails between the two hosts.
      try await scene.on(
        "app-1",
        """
        nft 'table inet cut { chain in { type filter hook input priority -10;
          ip saddr 198.18.0.10 tcp dport 443 reject with tcp reset; }; }'
        """)
      try await scene.on("edge-1", "nginx -s reload")
      #expect(try await answer(at: "198.18.0.10", scene) == "200 /srv/shop app-1")
      #expect(try await scene.on("app-1", log).stdout.contains("2001:db8::10"))
      let broken = try await scene.deploy("verify", "--all")
      #expect(broken.status == 1 && broken.stdout.contains("198.18.0.21"), "\(broken.all)")
    }
  }

  private func answer(at address: String, _ scene: Scene) async throws -> String {
    let output = try await scene.sandbox.run([
      "curl", "-s", "-w", "%{stderr}%{http_code}", "--max-time", "20", "--cacert",
      "\(scene.folder)/shop.ca/ca-1.crt", "--resolve", "shop.example:443:\(address)",
      "https://shop.example/",
    ])
    return output.stderr + " " + output.stdout.trimmingCharacters(in: .newlines)
  }

  @Test(
    "SSH takes the way in of each host: an address, a name, or an alias of the ssh configuration")
  func waysIn() async throws {
    var inventory = NetworkText()
    inventory.ssh = "{identity: ~/.ssh/id_ed25519, config: ssh_config}"
    inventory.frontEnd += ", ssh: {address: 198.19.0.10}"
    inventory.backEnds["app-1"]? += ", ssh: {address: app-1}"
    inventory.backEnds["app-2"]? += ", ssh: {address: Way_in}"
    try await inventory.play { scene in
      try scene.write(
        "Host Way_in\n  HostName 198.19.0.22\n  User root\nHost app-2\n  User other\n",
        to: "ssh_config")
      // No host answers SSH at the address of its services, but for the one whose name means that address.
      for (host, number) in Self.hosts where host != "app-1" {
        try await scene.on(
          host,
          """
          nft 'table inet gate { chain in { type filter hook input priority -10;
            ip daddr 198.18.0.\(number) tcp dport 22 reject; }; }'
          """)
      }
      try await scene.apply()
      try await scene.expectNoChanges()
      try await scene.succeed("verify")
      #expect(try scene.recordedHosts() == ["edge-1", "app-1", "app-2"])
      #expect(try scene.read("shop.state.json").contains("198.18.0.22"))
      #expect(try !scene.read("shop.state.json").contains("Way_in"))

      // The same through the system's ssh, and after a change that is confirmed over a new connection.
      inventory.ssh = "{identity: ~/.ssh/id_ed25519, config: ssh_config, transport: openssh}"
      inventory.firewall = "{policy: drop, allow: [{port: 9100}]}"
      try scene.write(inventory.text, to: "shop.yml")
      try await scene.apply()
      try await scene.expectNoChanges()

      // Without its way in the host cannot be reached.
      inventory.backEnds["app-2"] = "address: 198.18.0.22, addresses: {private: 198.19.0.22}"
      try scene.write(inventory.text, to: "shop.yml")
      let lost = try await scene.deploy("plan", "--limit", "app-2")
      #expect(lost.all.contains("app-2") && lost.status != 0, "\(lost.all)")
    }
  }

  @Test("groups open ports for both families", arguments: ["nftables", "iptables"])
  func groups(_ engine: String) async throws {
    var inventory = NetworkText()
    inventory.frontEnd = "address: [198.18.0.10, \"2001:db8::10\"]"
    inventory.backEnds = [
      "app-1": "address: [198.18.0.21, \"2001:db8::21\"]",
      "app-2": "address: [198.18.0.22, \"2001:db8::22\"]",
    ]
    inventory.firewall = """
      {engine: \(engine), groups: {monitors: [198.18.0.10, "2001:db8::10"], all: [198.18.0.0/16, "2001:2::/48"]},
       ssh_from: [all], allow: [{port: 9100, from: [monitors]}, {port: 9101, protocol: udp, from: [monitors]},
       {protocol: gre, from: [monitors, "2001:db8::/64"]}]}
      """
    try await inventory.play { scene in
      let plan = try await scene.deploy("plan")
      for line in [
        "9100/tcp now only from 198.18.0.10, 2001:db8::10",
        "9101/udp now only from 198.18.0.10, 2001:db8::10",
        "gre now only from 198.18.0.10, 2001:db8::/64",
      ] {
        #expect(plan.stdout.contains(line), "\(plan.all)")
      }
      try await scene.apply()
      try await scene.expectNoChanges()
      let listening = try await scene.on(
        "app-1",
        #"""
        setsid perl -e '
          use Socket qw(:DEFAULT IN6ADDR_ANY pack_sockaddr_in6); socket(my $s, PF_INET6, SOCK_STREAM, 0);
          bind($s, pack_sockaddr_in6(9100, IN6ADDR_ANY)); listen($s, 5); sleep 1000
        ' < /dev/null > /dev/null 2>&1 &
        until ss -Hltn | grep -q ':9100 '; do kill -0 $! || exit 1; done
        """#)
      #expect(listening.status == 0, "\(listening.all)")
      for address in ["198.18.0.21", "2001:db8::21"] {
        #expect(try await reaches(address, 9100, from: "edge-1", scene), "\(address)")
        #expect(try await !reaches(address, 9100, from: "app-2", scene), "\(address)")
      }
    }
  }
}
