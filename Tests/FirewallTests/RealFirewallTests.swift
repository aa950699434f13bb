import Firewall
import Fleet
import Foundation
import Inventories
import TestSupport
import Testing

@Suite("The real firewall", .requires(canRunFirewalls, "needs root, nft and iptables"), .serialized)
struct RealFirewallTests {
  @Test(
    "accepts every ruleset, and loading it twice is like loading it once",
    arguments: RulesetCase.all)
  func accepts(_ item: RulesetCase) throws {
    let answer = try RealFirewall(engine: item.inventory.firewall.engine).run(
      """
      check
      load; first=$(listed)
      load; test "$first" = "$(listed)"
      """, item.ruleset())
    #expect(answer.status == 0, "\(answer.output)")
    #expect(answer.output == "")
  }

  /// The host has 198.18.0.1 and fd00::1; those who ask have .10 and ::10 (which the rules know as
  /// front-ends) or .20 and ::20. Prints who reached which port. All that it makes ends with its
  /// namespaces: nginx removes its pid file while it stops, and would race with one who cleans up.
  private static let questions = """
    \(RealFirewall.peer)
    listen=$(for port in 22 80 443 8443 9100; do echo "listen $port; listen [::]:$port;"; done)
    echo "pid $folder/pid; events {} http { access_log off; server { $listen return 200; } }" \
      >"$folder/nginx.conf"
    nginx -e "$folder/error.log" -c "$folder/nginx.conf"
    load
    ask() {
      ip netns exec peer curl -s --connect-timeout 5 -o /dev/null --interface "$1" \
        "http://$2:$3/" && echo "$1 $3" || true
    }
    for port in 22 80 443 8443 9100; do
      for last in 10 20; do
        ask 198.18.0.$last 198.18.0.1 $port >"$folder/answer.$port.$last.4" &
        asked="${asked:-} $!"
        ask fd00::$last '[fd00::1]' $port >"$folder/answer.$port.$last.6" &
        asked="$asked $!"
      done
    done
    wait $asked
    cat "$folder"/answer.*
    """

  private func reached(
    _ policy: FirewallPolicy, on host: String = "app-1", network: [AddressRange]? = nil
  ) throws -> Set<String> {
    let app = FirewallFleet.host("app-1", [.backEnd], "198.18.0.1")
    let hosts = [
      app, FirewallFleet.host("edge-1", [.frontEnd], "198.18.0.10"),
      FirewallFleet.host("edge-2", [.frontEnd], "fd00::10"),
    ]
    var site = FirewallFleet.site("a.example", on: ["edge-1", "edge-2"], from: [("app-1", 8443)])
    site.network = network.map { .listed($0, header: FirewallFleet.valid("X-Forwarded-For")) }
    let inventory = FirewallFleet.inventory(policy, hosts: hosts, sites: [site])
    let asked = try #require(inventory.host(named: FirewallFleet.valid(host)))
    let answer = try RealFirewall(engine: policy.engine)
      .run(Self.questions, ruleset(for: asked, in: inventory))
    #expect(answer.status == 0, "\(answer.output)")
    return Set(answer.output.split(separator: "\n").map(String.init))
  }

  private func everybody(_ ports: Int...) -> Set<String> {
    Set(
      ["198.18.0.10", "198.18.0.20", "fd00::10", "fd00::20"].flatMap { source in
        ports.map { "\(source) \($0)" }
      })
  }

  @Test(
    "accepts the listed sources with a whole-host policy, and front-ends on the back-end's port",
    arguments: FirewallPolicy.Engine.allCases)
  func wholeHost(_ engine: FirewallPolicy.Engine) throws {
    let policy = FirewallPolicy(
      engine: engine, sshFrom: FirewallFleet.ranges("198.18.0.20"),
      allow: [
        AllowedTraffic(port: FirewallFleet.port(9100), from: FirewallFleet.ranges("fd00::20/123"))
      ])
    #expect(
      try reached(policy) == [
        "198.18.0.20 22", "198.18.0.10 8443", "fd00::10 8443", "fd00::20 9100",
      ])
  }

  @Test(
    "guards only the sites' ports with that policy",
    arguments: FirewallPolicy.Engine.allCases)
  func sitesAlone(_ engine: FirewallPolicy.Engine) throws {
    #expect(
      try reached(FirewallPolicy(engine: engine, scope: .sites))
        == everybody(22, 80, 443, 9100).union(["198.18.0.10 8443", "fd00::10 8443"]))
  }

  @Test(
    "opens a front-end to everybody, or only to the network in front of it",
    arguments: FirewallPolicy.Engine.allCases, FirewallPolicy.Scope.allCases)
  func frontEnd(_ engine: FirewallPolicy.Engine, _ scope: FirewallPolicy.Scope) throws {
    let policy = FirewallPolicy(engine: engine, scope: scope)
    let others = scope == .sites ? everybody(8443, 9100) : []
    #expect(try reached(policy, on: "edge-1") == everybody(22, 80, 443).union(others))
    let network = FirewallFleet.ranges("198.18.0.8/29", "fd00::20")
    #expect(
      try reached(policy, on: "edge-1", network: network)
        == everybody(22).union(others).union([
          "198.18.0.10 80", "198.18.0.10 443", "fd00::20 80", "fd00::20 443",
        ]))
  }

  /// Prints what reaches the host beside connections: messages of ICMP are numbered by their type.
  private static let messages = #"""
    mount -t tmpfs none /run; mkdir /run/netns /run/test; folder=/run/test
    ip link set lo up; ip netns add peer
    ip link add host type veth peer name peer netns peer
    ip address add 198.18.0.1/24 dev host; ip -6 address add fd00::1/64 dev host nodad
    ip link set host up
    ip -n peer address add 198.18.0.10/24 dev peer
    ip -n peer -6 address add fd00::10/64 dev peer nodad
    ip -n peer link set peer up; ip -n peer link set lo up
    echo "pid $folder/pid; events {} http { access_log off; server { listen 9100; return 200; } }"       >"$folder/nginx.conf"
    nginx -e "$folder/error.log" -c "$folder/nginx.conf"
    sed "s#/pid#/peer#" "$folder/nginx.conf" >"$folder/peer.conf"
    ip netns exec peer nginx -e "$folder/error.log" -c "$folder/peer.conf"
    load
    said() { curl -s --connect-timeout 2 -o /dev/null -w '%{http_code}' "$1" || true; }
    echo "loopback: $(said http://127.0.0.1:9100/)"
    echo "answers to the host: $(said http://198.18.0.10:9100/)"
    echo "the host from outside: $(ip netns exec peer sh -c "
      curl -s --connect-timeout 2 -o /dev/null -w '%{http_code}' http://198.18.0.1:9100/" || true)"
    cat >"$folder/heard.py" <<'END'
    import socket, sys
    family, protocol = ((socket.AF_INET, 1), (socket.AF_INET6, 58))[sys.argv[1] == "6"]
    with socket.socket(family, socket.SOCK_RAW, protocol) as heard:
        print("listening", flush=True)
        types = []
        while not types or types[-1] != (128 if protocol == 58 else 8):
            packet = heard.recv(2048)
            types.append(packet[0] if protocol == 58 else packet[(packet[0] & 15) * 4])
        print("heard", *sorted(set(types) & set(map(int, sys.argv[2:]))), flush=True)
    END
    cat >"$folder/send.py" <<'END'
    import socket, struct, sys
    is_ipv6 = sys.argv[1] == "6"
    def checksum(data):
        total = sum(struct.unpack(">%dH" % (len(data) // 2), data))
        total = (total >> 16) + (total & 0xFFFF)
        return ~(total + (total >> 16)) & 0xFFFF
    family, protocol, address = (
        (socket.AF_INET6, 58, "fd00::1") if is_ipv6 else (socket.AF_INET, 1, "198.18.0.1"))
    with socket.socket(family, socket.SOCK_RAW, protocol) as stream:
        for kind in map(int, sys.argv[2:]):
            data = struct.pack(">BBHI24x", kind, 0, 0, 0)
            check = 0 if is_ipv6 else checksum(data)
            stream.sendto(data[:2] + struct.pack(">H", check) + data[4:], (address, 0))
    END
    hear() {
      family=$1; shift; : >"$folder/heard"
      python3 "$folder/heard.py" "$family" "$@" >"$folder/heard" &
      until grep -q listening "$folder/heard"; do sleep 0.01; done
      ip netns exec peer python3 "$folder/send.py" "$family" "$@"
      wait $!
      sed -n "s/^heard/ICMP for IPv$family:/p" "$folder/heard"
    }
    for address in 198.18.0.10 fd00::10; do
      python3 - "$address" <<'END'
    import socket, sys
    family = socket.AF_INET6 if ":" in sys.argv[1] else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as asking:
        asking.settimeout(5)
        asking.connect((sys.argv[1], 9))
        asking.send(b"x")
        try:
            asking.recv(1)
        except OSError as error:
            print("to a closed port:", type(error).__name__, flush=True)
    END
    done
    hear 4 3 5 11 12 13 17 8
    hear 6 1 2 3 4 137 139 128
    """#

  /// 13 and 17 ask for the time and the mask; 5 and 137 are redirects; 139 asks for names. The errors
  /// sent here belong to no connection of the host's.
  @Test(
    "accepts answers, related errors, the host itself and pings, but no redirects",
    arguments: FirewallPolicy.Engine.allCases)
  func messages(_ engine: FirewallPolicy.Engine) throws {
    let inventory = FirewallFleet.inventory(FirewallPolicy(engine: engine))
    let answer = try RealFirewall(engine: engine)
      .run(Self.messages, ruleset(for: FirewallFleet.hosts[0], in: inventory))
    #expect(
      answer.output == """
        loopback: 200
        answers to the host: 200
        the host from outside: 000
        to a closed port: ConnectionRefusedError
        to a closed port: ConnectionRefusedError
        ICMP for IPv4: 8
        ICMP for IPv6: 128

        """)
  }

  @Test("does not change the rules of others", arguments: FirewallPolicy.Engine.allCases)
  func others(_ engine: FirewallPolicy.Engine) throws {
    let inventory = FirewallFleet.inventory(FirewallPolicy(engine: engine))
    let answer = try RealFirewall(engine: engine).run(
      #"""
      nft add table ip nat; nft add chain ip nat DOCKER
      iptables -N DOCKER-USER; iptables -A FORWARD -j DOCKER-USER; ip6tables -A INPUT -p udp -j DROP
      kept() {
        { iptables-save; ip6tables-save; nft -s list table ip nat; } |
          grep -v '^#\|DEPLOY-INPUT\|COMMIT'
      }
      before=$(kept)
      load; load
      test "$before" = "$(kept)"
      """#, ruleset(for: FirewallFleet.hosts[0], in: inventory))
    #expect(answer.status == 0, "\(answer.output)")
  }
}
