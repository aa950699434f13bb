import Firewall
import Fleet
import Inventories
import TestSupport
import Testing

@Suite(
  "Protocols other than TCP", .requires(canRunFirewalls, "needs root, nft and iptables"),
  .serialized)
struct RealProtocolTests {
  /// Prints what reaches the host from .10 and .20, ::10 and ::20: UDP by its port, VRRP by its name. What
  /// was dropped is known when the last packet, to a port that is open to everybody, has come.
  private static let packets = #"""
    \#(RealFirewall.peer)
    load
    cat >"$folder/hear.py" <<'END'
    import select, socket, sys
    sockets = {}
    for family in socket.AF_INET, socket.AF_INET6:
        for port in 5300, 5301, 10000, 20000, 20001:
            heard = socket.socket(family, socket.SOCK_DGRAM)
            if family == socket.AF_INET6:
                heard.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            heard.bind(("", port))
            sockets[heard] = str(port)
        sockets[socket.socket(family, socket.SOCK_RAW, 112)] = "vrrp"
        sockets[socket.socket(family, socket.SOCK_RAW, 89)] = "ospf"
    print("listening", flush=True)
    found, last = set(), 0
    while last < 4:
        for heard in select.select(list(sockets), [], [])[0]:
            source = heard.recvfrom(2048)[1][0]
            last += sockets[heard] == "5301"
            found.add(source + " " + sockets[heard])
    for heard in sockets:
        heard.setblocking(False)
        try:
            found.add(heard.recvfrom(2048)[1][0] + " " + sockets[heard])
        except BlockingIOError:
            pass
    print("heard", *sorted(found), sep="\n", flush=True)
    END
    cat >"$folder/send.py" <<'END'
    import socket
    for family, host, sources in (
        (socket.AF_INET, "198.18.0.1", ("198.18.0.10", "198.18.0.20")),
        (socket.AF_INET6, "fd00::1", ("fd00::10", "fd00::20"))):
        for source in sources:
            for number in 112, 89:
                with socket.socket(family, socket.SOCK_RAW, number) as stream:
                    stream.bind((source, 0))
                    stream.sendto(bytes(20), (host, 0))
            with socket.socket(family, socket.SOCK_DGRAM) as stream:
                stream.bind((source, 0))
                for port in 20001, 20000, 10000, 5300, 5301:
                    stream.sendto(b"x", (host, port))
    END
    : >"$folder/heard"
    python3 "$folder/hear.py" >"$folder/heard" &
    until grep -q listening "$folder/heard"; do kill -0 $!; sleep 0.01; done
    ip netns exec peer python3 "$folder/send.py"
    wait $!
    sed '1,/^heard/d' "$folder/heard"
    """#

  @Test(
    "are accepted as in the inventory: UDP by port and range, VRRP, each from its sources",
    arguments: FirewallPolicy.Engine.allCases)
  func packets(_ engine: FirewallPolicy.Engine) throws {
    let policy = FirewallPolicy(
      engine: engine,
      allow: [
        AllowedTraffic(.udp(FirewallFleet.ports("5300"))),
        AllowedTraffic(.udp(FirewallFleet.ports("5301"))),
        AllowedTraffic(
          .udp(FirewallFleet.ports("10000-20000")),
          from: FirewallFleet.ranges("198.18.0.10", "fd00::20")),
        AllowedTraffic(.other(.vrrp), from: FirewallFleet.ranges("198.18.0.20", "fd00::10")),
      ])
    let inventory = FirewallFleet.inventory(
      policy, hosts: [FirewallFleet.host("app-1", [.backEnd], "198.18.0.1")], sites: [])
    let answer = try RealFirewall(engine: engine)
      .run(Self.packets, ruleset(for: inventory.hosts[0], in: inventory))
    #expect(answer.status == 0, "\(answer.output)")
    let everybody = ["198.18.0.10", "198.18.0.20", "fd00::10", "fd00::20"]
    #expect(
      Set(answer.output.split(separator: "\n").map(String.init))
        == Set(
          everybody.flatMap { ["\($0) 5300", "\($0) 5301"] } + [
            "198.18.0.10 10000", "198.18.0.10 20000", "fd00::20 10000", "fd00::20 20000",
            "198.18.0.20 vrrp", "fd00::10 vrrp",
          ]))
  }
}
