import Firewall
import Fleet
import Inventories
import TestSupport
import Testing

/// A container behind a host, on the wire: the network of FACTS as it is usually built, a bridge of the
/// host's own.
@Suite(
  "A host that publishes a container", .requires(canRunFirewalls, "needs root, nft and iptables"),
  .serialized)
struct PublicationTests {
  /// The host is 198.18.0.1 outside and 10.8.0.1 within; the container is 10.8.0.5 and its neighbour
  /// 10.8.0.7. Every nginx says from whom a request seems to come.
  private static let network = #"""
    mount -t tmpfs none /run; mkdir /run/netns /run/test; folder=/run/test
    ip link set lo up
    ip link add within type bridge; ip address add 10.8.0.1/24 dev within; ip link set within up
    for last in 5 7; do
      ip netns add inner$last
      ip link add to$last master within up type veth peer name eth0 netns inner$last
      ip -n inner$last address add 10.8.0.$last/24 dev eth0
      ip -n inner$last link set eth0 up; ip -n inner$last route add default via 10.8.0.1
    done
    ip netns add outer; ip link add outside type veth peer name eth0 netns outer
    ip address add 198.18.0.1/24 dev outside; ip link set outside up
    for last in 10 20; do ip -n outer address add 198.18.0.$last/24 dev eth0; done
    ip -n outer link set eth0 up; ip -n outer route add 10.8.0.0/24 via 198.18.0.1
    serve() {
      echo "pid $folder/pid.$1; events {} http { access_log off; server {
        listen $2; return 200 \"\$remote_addr\"; } }" >"$folder/$1.conf"
      ip netns exec "$1" nginx -e "$folder/error.log" -c "$folder/$1.conf"
    }
    serve inner5 443; serve outer 80
    ask() { curl -s --connect-timeout "$1" --interface "$2" "http://$3/" || echo no-one; }
    from() { where=$1; shift; ip netns exec "$where" sh -c "$asking; ask $*"; echo; }
    asking='ask() { curl -s --connect-timeout $1 --interface $2 http://$3/ || printf no-one; }'
    ask_all() {
      echo "front-end: $(from outer 5 198.18.0.10 198.18.0.1:8443)"
      echo "stranger: $(from outer 1 198.18.0.20 198.18.0.1:8443)"
      echo "neighbour that is a front-end: $(from inner7 5 10.8.0.7 198.18.0.1:8443)"
      echo "the host itself: $(ask 5 198.18.0.1 198.18.0.1:8443)"
      echo "past the host: $(from outer 1 198.18.0.10 10.8.0.5:443)"
      echo "out of the container: $(from inner5 5 10.8.0.5 198.18.0.10:80)"
      echo "to its neighbour: $(from inner7 5 10.8.0.7 10.8.0.5:443)"
    }

    """#

  private func answers(_ engine: FirewallPolicy.Engine, _ script: String) throws -> [String] {
    let hosts =
      FirewallFleet.carried(behind: "198.18.0.1") + [
        FirewallFleet.host("edge-1", [.frontEnd], "198.18.0.10"),
        FirewallFleet.host("edge-2", [.frontEnd], "10.8.0.7"),
      ]
    let site = FirewallFleet.site(
      "a.example", on: ["edge-1", "edge-2", "carry-1"], from: [("carry-1.container", 443)])
    let inventory = FirewallFleet.inventory(
      FirewallPolicy(engine: engine), hosts: hosts, sites: [site])
    let host = try #require(inventory.host(named: FirewallFleet.valid("carry-1")))
    let answer = try RealFirewall(engine: engine).run(
      Self.network + script, ruleset(for: host, in: inventory))
    #expect(answer.status == 0, "\(answer.output)")
    return answer.output.split(separator: "\n").map(String.init)
  }

  @Test(
    "forwards only front-ends into its container and back",
    arguments: FirewallPolicy.Engine.allCases)
  func published(_ engine: FirewallPolicy.Engine) throws {
    #expect(
      try answers(engine, "load; sysctl -q -p \"$rules/firewall.sysctl\"; ask_all") == [
        "front-end: 198.18.0.10", "stranger: no-one",
        "neighbour that is a front-end: 198.18.0.1", "the host itself: 198.18.0.1",
        "past the host: no-one", "out of the container: 198.18.0.1",
        "to its neighbour: 10.8.0.7",
      ])
  }

  @Test("needs the kernel to forward packets")
  func forwarding() throws {
    let script = """
      load; sysctl -q -w net.ipv4.ip_forward=0
      echo "front-end: $(from outer 1 198.18.0.10 198.18.0.1:8443)"
      """
    #expect(try answers(.nftables, script) == ["front-end: no-one"])
  }

  @Test(
    "keeps the way into its container open next to a chain that drops forwarded packets but accepts those"
  )
  func besideOthers() throws {
    let script = """
      load; sysctl -q -p "$rules/firewall.sysctl"
      nft add table inet other
      nft "add chain inet other forward { type filter hook forward priority 10; policy drop; }"
      echo "front-end: $(from outer 1 198.18.0.10 198.18.0.1:8443)"
      nft add rule inet other forward ct status dnat accept
      echo "front-end: $(from outer 5 198.18.0.10 198.18.0.1:8443)"
      """
    #expect(
      try answers(.nftables, script) == ["front-end: no-one", "front-end: 198.18.0.10"])
  }
}
