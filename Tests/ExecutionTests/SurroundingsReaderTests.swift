import State
import Testing

@testable import Execution

@Suite("Reading what else is on a host")
struct SurroundingsReaderTests {
  private typealias Chain = HostSurroundings.ForeignChain

  private func read(_ lines: [(String, String)]) throws -> HostSurroundings {
    var reader = SurroundingsReader()
    for (word, value) in lines { try reader.read(SurveyMessage(word: word, value: value)) }
    return reader.result(ownPorts: [80, 443])
  }

  private func chains(_ lines: String) throws -> [Chain] {
    try read(lines.split(separator: "\n").map { ("rule", String($0)) }).foreignChains
  }

  @Test("a chain has the rules of every chain that it jumps to, even in circles")
  func jumps() throws {
    let found = try chains(
      """
      table ip a {
      chain base {
      type filter hook input priority 0; policy accept;
      tcp dport vmap { 22 : jump one, 23 : goto two }
      chain one {
      jump two
      jump base
      meta mark 1 drop
      chain two {
      counter reject
      chain alone {
      drop
      table ip b {
      chain one {
      ip saddr 192.0.2.1 drop
      """)
    #expect(
      found == [
        Chain(
          table: "ip a", name: "base", hook: .input, dropsByDefault: false,
          droppingRules: ["meta mark 1 drop", "counter reject"])
      ])
  }

  @Test(
    "a rule drops because of its action, not because of names and comments",
    arguments: [
      ("drop", true), ("counter drop", true), ("tcp dport 1 drop comment \"x accept\"", true),
      ("tcp dport vmap { 1 : accept, 2 : drop }", true), ("1 : drop, 2 : accept,", true),
      ("reject with icmpx admin-prohibited", true), ("counter xt target \"REJECT\"", true),
      ("log prefix \"drop\" accept", false), ("jump drop", false), ("goto drop", false),
      ("ip saddr @drop accept", false), ("accept comment \"we never drop this\"", false),
      ("jump drop-all", false), ("counter log prefix \"a \\\"", false),
    ])
  func results(_ rule: String, _ drops: Bool) throws {
    let found = try chains(
      "table ip a {\nchain x {\ntype filter hook input priority 0; policy accept;\n\(rule)")
    #expect(found.map(\.droppingRules) == (drops ? [[rule]] : []))
  }

  @Test("a chain has its policy and its hook")
  func policies() throws {
    let found = try chains(
      """
      table inet a b {
      chain INPUT (x) {
      type filter hook input priority filter - 5; policy drop;
      chain pass {
      type filter hook forward priority filter; policy drop;
      chain out {
      type filter hook output priority filter; policy drop;
      chain before {
      type filter hook prerouting priority raw; policy drop;
      chain open {
      type filter hook input priority filter; policy accept;
      """)
    #expect(
      found == [
        Chain(table: "inet a b", name: "INPUT (x)", hook: .input, dropsByDefault: true),
        Chain(table: "inet a b", name: "pass", hook: .forward, dropsByDefault: true),
      ])
  }

  @Test("deploy's own chain is left out, although a built-in chain jumps to it")
  func ownChain() throws {
    #expect(
      try chains(
        """
        table inet deploy {
        \tchain input {
        \t\ttype filter hook input priority 0; policy drop;
        \t\ttcp dport 22 drop
        table inet deploy_next {
        \tchain input {
        \t\ttype filter hook input priority 0; policy drop;
        """) == [])
    let own = """
      table ip filter {
      chain INPUT {
      type filter hook input priority filter; policy accept;
      counter jump DEPLOY-INPUT
      chain DEPLOY-INPUT {
      counter drop
      """
    #expect(try chains(own) == [])
    let legacy = ["-P INPUT ACCEPT", "-A INPUT -j DEPLOY-INPUT", "-A DEPLOY-INPUT -j DROP"]
    #expect(try read(legacy.map { ("legacy", "iptables " + $0) }).foreignChains == [])
  }

  @Test("a long rule is shortened, but its action is kept")
  func longRules() throws {
    let rule = "ip saddr { \(String(repeating: "192.0.2.1, ", count: 50))} drop"
    let found = try chains(
      "table ip a {\nchain x {\ntype filter hook input priority 0; policy accept;\n\(rule)")
    let shown = try #require(found.first?.droppingRules.first)
    #expect(shown.count == 101 && shown.hasSuffix(" drop") && shown.hasPrefix("ip saddr { 192"))
  }

  @Test("rules of iptables are reported like those of nft")
  func legacy() throws {
    let found = try read(
      [
        "iptables -P INPUT DROP", "iptables -P FORWARD ACCEPT", "iptables -P OUTPUT DROP",
        "iptables -A FORWARD -j DOCKER-USER", "iptables -A DOCKER-USER -i eth0 -j DROP",
        "ip6tables -P INPUT ACCEPT",
        "ip6tables -A INPUT -m comment --comment \"-j DROP all\" -j ACCEPT",
        "ip6tables -A INPUT -p tcp -j REJECT --reject-with tcp-reset", "ip6tables",
      ].map { ("legacy", $0) })
    #expect(
      found.foreignChains == [
        Chain(table: "iptables", name: "INPUT", hook: .input, dropsByDefault: true),
        Chain(
          table: "iptables", name: "FORWARD", hook: .forward, dropsByDefault: false,
          droppingRules: ["-A DOCKER-USER -i eth0 -j DROP"]),
        Chain(
          table: "ip6tables", name: "INPUT", hook: .input, dropsByDefault: false,
          droppingRules: ["-A INPUT -p tcp -j REJECT --reject-with tcp-reset"]),
      ])
    #expect(found.firewallManagers == [.docker])
  }

  @Test(
    "programs are also recognized by their tables and chains",
    arguments: [
      ("table inet firewalld {", "chain x {", .firewalld),
      ("table ip docker-bridges {", "chain x {", .docker),
      ("table ip filter {", "chain DOCKER-USER {", .docker),
      ("table ip filter {", "chain ufw-user-input {", .ufw),
    ] as [(String, String, HostSurroundings.FirewallManager)])
  func managers(_ table: String, _ chain: String, _ expected: HostSurroundings.FirewallManager)
    throws
  {
    #expect(try read([("rule", table), ("rule", chain)]).firewallManagers == [expected])
  }

  @Test("numbers, names and addresses are read into their fields")
  func rest() throws {
    let found = try read([
      ("manager", "ufw"), ("retiring", "3"),
      ("space", "releases //a b/c 12% 99 98 7777  44% /a 5% b"),
      ("space", "run tmpfs 4 3 34 75% /run"), ("patched", "CVE-2025-23419"),
      ("socket", "7 " + Self.line("tcp", "0100007F:0050")),
      ("socket", "- " + Self.line("tcp", "0100007F:0051")),
      ("socket", "7 " + Self.line("udp", "00000000:0035")),
      ("socket", "- " + Self.line("raw", "00000000:0070")),
      ("socket", "8 " + Self.line("tcp", "0100007F:0050")),
      ("socket", "8 " + Self.line("tcp", "0100007F:0052")),
      ("process", "7 a b"), ("process", "8 nginx"), ("process", "9 "),
    ])
    var expected = HostSurroundings()
    expected.firewallManagers = [.ufw]
    (expected.freeForReleases, expected.freeForWork) = (7777, 34)
    expected.retiringWorkers = 3
    expected.patchedVulnerabilities = ["CVE-2025-23419"]
    expected.listeners = [
      .init(address: "127.0.0.1", port: 80, program: "a b"),
      .init(address: "127.0.0.1", port: 81, program: ""),
      .init(kind: .udp, address: "0.0.0.0", port: 53, program: "a b"),
      .init(kind: .raw, address: "0.0.0.0", port: 112, program: ""),
      .init(address: "127.0.0.1", port: 82, program: "nginx"),
    ]
    #expect(found == expected)
  }

  /// A protocol, and a line of /proc/net of a socket that listens there.
  private static func line(_ kind: String, _ place: String) -> String {
    "\(kind)    0: \(place) 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 9 1"
  }

  @Test("routes are unknown if the host may have more than it reports")
  func manyRoutes() throws {
    let route = ("route", "eth0\t000012C6\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0")
    #expect(try read(Array(repeating: route, count: 255)).routes.count == 255)
    #expect(try read(Array(repeating: route, count: 256)).routes == [])
  }

  @Test(
    "an invalid value is a fault of the host, and is not used",
    arguments: [
      "local", "if-inet6", "socket", "process", "ssh-from", "manager", "space", "retiring",
      "patched",
      "route",
    ])
  func nonsense(_ word: String) throws {
    for value in [
      "", " ", "x y", "-1", "99999999999999999999999", "9223372036854775807", "0x1", "1 2 3 4 5",
      "0100007F", "0100007F x", "0100007F 00500", "0100007F 0050 0", "0100007F 0050 99999999999",
      "table {", "\u{0}", "releases", "releases x y%", "run a % b", "run 1 % b", "other 1 2 3%",
      "run 4 99999999999999999999 5%", "é\u{301}", "drop\r", "\u{1B}[2J", "١٢",
    ] {
      if word == "process", value == "1 2 3 4 5" { continue }
      var reader = SurroundingsReader()
      #expect(throws: ConversationFault.self, "\(word) \(value)") {
        try reader.read(SurveyMessage(word: word, value: value))
      }
      #expect(reader.result(ownPorts: []) == HostSurroundings())
    }
  }

  @Test("any text of a rule can be read")
  func strangeRules() throws {
    let values = [
      "", " ", "{", "table {", "chain {", "table", "type hook", "type filter hook", "jump", "goto ",
      "\"", "-A", "a -A b -j", "a -P INPUT", "\u{0}", "é\u{301}", "drop\r",
    ]
    for word in ["rule", "legacy"] {
      #expect(try read(values.map { (word, $0) }) == HostSurroundings(), "\(word)")
    }
  }

  @Test("too many chains are a fault of the host")
  func manyChains() throws {
    var reader = SurroundingsReader()
    #expect(throws: ConversationFault.self) {
      for number in 0... { try reader.read(SurveyMessage(.rule, "chain c\(number) {")) }
    }
    reader = SurroundingsReader()
    #expect(throws: ConversationFault.self) {
      for number in 0... {
        try reader.read(SurveyMessage(.rule, "chain c\(number) {"))
        try reader.read(SurveyMessage(.rule, "type filter hook input priority 0; policy drop;"))
      }
    }
  }
}
