import State
import TestSupport
import Testing

@testable import Execution

@Suite("Reading what else is on a host")
struct SurroundingsReaderTests {
  private typealias Chain = HostSurroundings.ForeignChain

  private func read(_ lines: [(String, String)]) throws -> HostSurroundings {
    var reader = SurroundingsReader()
    for (word, value) in lines { try reader.read(SurveyMessage(word: word, value: value)) }
    return reader.result(ownPorts: [80, 443], include: "")
  }

  private func chains(_ lines: String) throws -> [Chain] {
    try read(lines.split(separator: "\n").map { ("rule", String($0)) }).foreignChains
  }

  @Test("each case is read as its file says", arguments: try CaseFile.all(in: "surroundings"))
  func cases(_ file: CaseFile) throws {
    let messages = file.input.split(separator: "\n").map { HostValues.divided(String($0)) }
    let mismatch = try file.mismatch(Self.text(try read(messages)))
    #expect(mismatch == nil, "\(mismatch ?? "")")
  }

  /// A line for each thing that a case may have.
  private static func text(_ found: HostSurroundings) -> String {
    var lines: [String] = []
    for chain in found.foreignChains {
      let fate = chain.dropsByDefault ? "drops by default" : "accepts by default"
      lines.append("chain \(chain.name) of \(chain.table) at \(chain.hook): \(fate)")
      lines += chain.droppingRules.map { "  drops: \($0)" }
    }
    lines += found.firewallManagers.map { "manager: \($0)" }.sorted()
    lines += found.listeners.map {
      "listener: \($0.kind) \($0.address) port \($0.port), program \"\($0.program ?? "")\""
    }
    lines += found.freeForReleases.map { ["free for releases: \($0) KiB"] } ?? []
    lines += found.freeForWork.map { ["free for work: \($0) KiB"] } ?? []
    if found.retiringWorkers > 0 { lines.append("retiring workers: \(found.retiringWorkers)") }
    lines += found.patchedVulnerabilities.sorted().map { "patched: \($0)" }
    return lines.map { $0 + "\n" }.joined()
  }

  @Test("a long rule is shortened, but its action is kept")
  func longRules() throws {
    let rule = "ip saddr { \(String(repeating: "192.0.2.1, ", count: 50))} drop"
    let found = try chains(
      "table ip a {\nchain x {\ntype filter hook input priority 0; policy accept;\n\(rule)")
    let shown = try #require(found.first?.droppingRules.first)
    #expect(shown.count == 101 && shown.hasSuffix(" drop") && shown.hasPrefix("ip saddr { 192"))
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

  @Test("routes are not known if the host may have more than it reports")
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
      #expect(reader.result(ownPorts: [], include: "") == HostSurroundings())
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
