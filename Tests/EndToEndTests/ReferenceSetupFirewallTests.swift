import Foundation
import Inventories
import Sandbox
import Testing

/// Lines 10 and 11: which ports can be reached, tried on the wire with either engine.
extension ReferenceSetupTests {
  private func apply(_ inventory: ReferenceSetupInventory) async throws {
    let scene = try scene
    guard try scene.read("shop.yml") != inventory.text else { return }
    try scene.write(inventory.text, to: "shop.yml")
    try await scene.apply()
  }

  private static let controller = "the controller"

  /// Who connects to each of the ports: `open`, `refused`, or `silent` where nothing comes back.
  private func knock(
    _ address: String, _ ports: Int..., from hosts: String...
  ) async throws -> [String: String] {
    let scene = try scene
    return try await withThrowingTaskGroup(of: (String, String).self) { group in
      for host in hosts {
        group.addTask {
          let told = try await scene.must(
            #"""
            knock() {
              timeout 2 bash -c ': <"/dev/tcp/$0/$1"' "$1" "$2" 2>/dev/null && status=0 || status=$?
              case $status in 0) echo "$2 open" ;; 124) echo "$2 silent" ;; *) echo "$2 refused" ;; esac
            }
            address=$1; shift
            for port; do knock "$address" "$port" & done | sort -n
            """#, [address] + ports.map(String.init), on: host == Self.controller ? nil : host)
          return (host, told.split(separator: "\n").joined(separator: ", "))
        }
      }
      return try await group.reduce(into: [:]) { $0[$1.0] = $1.1 }
    }
  }

  @Test(
    "10. The mutual TLS port is open to front-ends, SSH to the controller, the rest is dropped",
    arguments: FirewallPolicy.Engine.allCases)
  func ports(_ engine: FirewallPolicy.Engine) async throws {
    try await apply(ReferenceSetupInventory(engine: engine.rawValue))
    #expect(
      try await knock(
        "198.18.0.21", 22, 443, 9100, 9200, from: "edge-1", "outside", "app-2", Self.controller)
        == [
          "edge-1": "22 silent, 443 open, 9100 silent, 9200 silent",
          "outside": "22 silent, 443 silent, 9100 open, 9200 silent",
          "app-2": "22 silent, 443 silent, 9100 silent, 9200 silent",
          Self.controller: "22 open, 443 silent, 9100 silent, 9200 silent",
        ])
    // IPv6 does not bypass the rules.
    #expect(
      try await knock("2001:2::21", 22, 443, from: "outside") == [
        "outside": "22 silent, 443 silent"
      ])
    // The host itself, by either of its addresses.
    for own in ["127.0.0.1", "198.18.0.21"] {
      #expect(try await knock(own, 443, 9200, from: "app-1") == ["app-1": "443 open, 9200 open"])
    }
  }

  /// Raw sockets hear what the firewall let in, and say what an honest host would not.
  private static let icmp = #"""
    import socket, struct, sys

    def checksum(data):
        data += b"\0" * (len(data) % 2)
        total = sum(struct.unpack(">%dH" % (len(data) // 2), data))
        total = (total >> 16) + (total & 0xFFFF)
        return ~(total + (total >> 16)) & 0xFFFF

    def hear(port):
        """Sends a packet, and hears the errors that quote it, up to a ping that no other program sends."""
        with socket.socket(socket.AF_INET, socket.SOCK_RAW, 1) as heard, \
                socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as flow:
            flow.bind(("198.18.0.21", port))
            flow.sendto(b"x", ("198.18.0.90", 5353))
            print("ready", flush=True)
            kinds = []
            while True:
                packet = heard.recv(2048)
                message = packet[(packet[0] & 15) * 4:]
                if message[0] == 8 and message[4:6] == struct.pack(">H", port):
                    break
                if message[0] != 8:
                    kinds.append("%d/%d" % (message[0], message[1]))
            print(*sorted(kinds))

    def send(port):
        """Errors that quote the flow, one that quotes none, questions that no host needs, the ping."""
        source, target = map(socket.inet_aton, ("198.18.0.21", "198.18.0.90"))
        def quoted(port):
            head = struct.pack(">BBHHHBBH", 0x45, 0, 29, 0, 0, 64, 17, 0) + source + target
            head = head[:10] + struct.pack(">H", checksum(head)) + head[12:]
            return head + struct.pack(">HHHH", port, 5353, 9, 0)
        gateway = socket.inet_aton("198.18.0.90")
        messages = [
            (5, 1, gateway, quoted(port)), (5, 0, gateway, quoted(port)), (5, 1, gateway, quoted(9)),
            (3, 1, bytes(4), quoted(port)), (11, 0, bytes(4), quoted(port)),
            (13, 0, bytes(4), bytes(12)), (17, 0, bytes(4), bytes(4)),
            (8, 0, struct.pack(">HH", port, 1), b"ping")]
        with socket.socket(socket.AF_INET, socket.SOCK_RAW, 1) as stream:
            stream.bind(("198.18.0.90", 0))
            for kind, code, rest, data in messages:
                body = struct.pack(">BBH", kind, code, 0) + rest + data
                body = body[:2] + struct.pack(">H", checksum(body)) + body[4:]
                stream.sendto(body, ("198.18.0.21", 0))

    {"hear": hear, "send": send}[sys.argv[1]](int(sys.argv[2]))
    """#

  @Test(
    "10. Pings and ICMP errors of the host's own connections are accepted, redirects are not",
    arguments: FirewallPolicy.Engine.allCases)
  func icmp(_ engine: FirewallPolicy.Engine) async throws {
    let scene = try scene
    try await apply(ReferenceSetupInventory(engine: engine.rawValue))
    for host in ["app-1", "outside"] {
      try await scene.sandbox.write(Self.icmp, to: "/root/icmp.py", on: .host(host))
    }
    let port = engine == .nftables ? "5511" : "5512"
    let hearing = try scene.sandbox.spawn(
      ["timeout", "20", "sh", "-c", "python3 /root/icmp.py hear \(port) | tee /root/heard"],
      on: .host("app-1"))
    try await scene.wait(until: "grep -qs ready /root/heard", on: "app-1", tries: 200)
    try await scene.must("python3 /root/icmp.py send \(port)", on: "outside")
    let heard = try await hearing.wait()
    // 3/3 is the other host's own word: nothing listens there.
    #expect(heard.stdout == "ready\n11/0 3/1 3/3\n", "\(heard.all)")
    try await scene.must("rm /root/heard", on: "app-1")
  }

  @Test(
    "10. An open connection stays open when its port is closed, but no new one is accepted",
    arguments: FirewallPolicy.Engine.allCases)
  func established(_ engine: FirewallPolicy.Engine) async throws {
    let scene = try scene
    try await apply(ReferenceSetupInventory(engine: engine.rawValue))
    let talk = try scene.sandbox.spawn(
      [
        "python3", "-c",
        """
        import os, socket, time
        with socket.create_connection(("198.18.0.21", 9100), timeout=20) as stream:
            open("/root/talking", "w").close()
            while not os.path.exists("/root/talk"):
                time.sleep(0.05)
            stream.sendall(b"GET /still HTTP/1.1\\r\\n\\r\\n")
            print(stream.recv(4096).decode().split("\\n")[4])
        """,
      ], on: .host("outside"))
    try await scene.wait(until: "[ -e /root/talking ]", on: "outside", tries: 400)
    try await apply(ReferenceSetupInventory(engine: engine.rawValue, allow: "[]"))
    #expect(try await knock("198.18.0.21", 9100, from: "outside") == ["outside": "9100 silent"])
    try await scene.must("touch /root/talk", on: "outside")
    let talked = try await talk.wait()
    #expect(talked.stdout == "GET /still HTTP/1.1\n", "\(talked.all)")
    try await scene.must("rm /root/talk /root/talking", on: "outside")
  }

  @Test(
    "11. A front-end behind a content network is open only to its ranges, another one to everybody",
    arguments: FirewallPolicy.Engine.allCases)
  func network(_ engine: FirewallPolicy.Engine) async throws {
    try await apply(ReferenceSetupInventory(engine: engine.rawValue))
    let none = "80 silent, 443 silent"
    #expect(
      try await knock(
        "198.18.0.11", 80, 443, from: "network", "outside", "edge-1", "app-1", Self.controller) == [
          "network": "80 open, 443 open", "outside": none, "edge-1": none, "app-1": none,
          Self.controller: none,
        ])
    #expect(
      try await knock("198.18.0.10", 80, 443, from: "network", "outside") == [
        "network": "80 open, 443 open", "outside": "80 open, 443 open",
      ])
  }

  /// The kernel is asked whether an address is in the set: published ranges contain no test network.
  @Test("11. Ranges from cdn update are used after the next apply, and only those")
  func ranges() async throws {
    let scene = try scene
    let shipped = "104.16.0.1", newcomer = "9.9.9.7"
    func lets(_ address: String) async throws -> Bool {
      try await scene.on(
        "edge-2", "nft get element inet deploy tcp_443_ipv4 \"{ \(address) }\" >/dev/null 2>&1"
      ).status == 0
    }
    try await apply(ReferenceSetupInventory(network: "cloudflare"))
    #expect(try await lets(shipped))
    #expect(try await !lets(newcomer))
    #expect(try await !lets("198.18.64.7"))
    try scene.write("9.9.9.0/24\n104.24.0.0/14\n", to: "list")
    try await scene.succeed("cdn", "update", scene.folder + "/list", "--any-size")
    let plan = try await scene.succeed("plan")
    #expect(plan.stdout.contains("443/tcp now also from 9.9.9.0/24"), "\(plan.all)")
    try await scene.apply()
    #expect(try await lets(newcomer))
    #expect(try await !lets(shipped))
    let believed = try await scene.must(
      "grep -rh set_real_ip_from /etc/deploy/current/nginx | tr -s ' '", on: "edge-2")
    #expect(believed == "set_real_ip_from 9.9.9.0/24;\nset_real_ip_from 104.24.0.0/14;\n")
    try await apply(ReferenceSetupInventory())
    #expect(
      try await scene.on("edge-2", "nft get element inet deploy tcp_443_ipv4 '{ 198.18.64.7 }'")
        .status == 0)
  }
}
