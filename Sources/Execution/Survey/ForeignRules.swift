import Diagnostics
import State

/// The firewall rules of other programs on a host that can drop a packet, parsed line by line from the
/// output of `nft list ruleset` and `iptables -S`.
struct ForeignRules {
  private struct Chain {
    var table: String
    var name: String
    var hook: HostSurroundings.ForeignChain.Hook?
    var dropsByDefault = false
    var droppingRules: [String] = []
    /// The chains of the same table that its rules jump to.
    var targets: [String] = []
  }

  private typealias Hook = HostSurroundings.ForeignChain.Hook

  /// The prefix of deploy's iptables chains.
  private static let ownPrefix = "DEPLOY-"

  private struct Key: Hashable { var table, name: String }

  /// The limit of base chains, because each one costs a walk through all others.
  private static let mostHooks = 256
  private static let mostChains = 20_000
  /// The number of rules of a chain that are kept: enough to show its purpose.
  private static let mostRules = 100

  private var all: [Chain] = []
  private var places: [Key: [Int]] = [:]
  private var hooks = 0
  private var table = ""
  /// The tables of a release, and the one that exists for a moment during a switch.
  private static let ownTables: Set = ["inet deploy", "inet deploy_next"]

  func checkCount() throws(ConversationFault) {
    guard all.count <= Self.mostChains else {
      throw .unexpected("rule", "of more than \(Self.mostChains) chains")
    }
    guard hooks <= Self.mostHooks else {
      throw .unexpected("rule", "of more than \(Self.mostHooks) base chains")
    }
  }

  /// The base chains that may drop a packet, with the rules of every chain that they jump to.
  var chains: [HostSurroundings.ForeignChain] {
    all.compactMap { chain in
      guard let hook = chain.hook else { return nil }
      let rules = reachable(from: chain).lazy.flatMap(\.droppingRules).prefix(Self.mostRules)
      guard chain.dropsByDefault || !rules.isEmpty else { return nil }
      return HostSurroundings.ForeignChain(
        table: chain.table, name: chain.name, hook: hook, dropsByDefault: chain.dropsByDefault,
        droppingRules: Array(rules))
    }
  }

  /// The firewall managers, recognized by the names of their tables and chains.
  var managers: Set<HostSurroundings.FirewallManager> {
    var managers: Set<HostSurroundings.FirewallManager> = []
    for chain in all {
      if chain.name == "DOCKER-USER" || chain.table.hasSuffix(" docker-bridges") {
        managers.insert(.docker)
      }
      if chain.name == "ufw-user-input" { managers.insert(.ufw) }
      if chain.table.hasSuffix(" firewalld") { managers.insert(.firewalld) }
    }
    return managers
  }

  /// Leaves out deploy's own chains, even if other chains jump to them.
  private func reachable(from base: Chain) -> [Chain] {
    var found = [base]
    var names: Set = [base.name]
    var next = 0
    while next < found.count {
      let new = found[next].targets.filter {
        !$0.hasPrefix(Self.ownPrefix) && names.insert($0).inserted
      }
      for name in new {
        found += places[Key(table: base.table, name: name), default: []].map { all[$0] }
      }
      next += 1
    }
    return found
  }

  // MARK: - nft

  /// Reads a line of `nft list ruleset`.
  mutating func read(_ line: String) {
    let line = String(line.drop { $0 == " " || $0 == "\t" })
    let words = line.split(separator: " ")
    if words.first == "table", words.last == "{" {
      table = Self.shown(words.dropFirst().dropLast().joined(separator: " "))
    } else if Self.ownTables.contains(table) {
      return
    } else if words.first == "chain", words.last == "{" {
      add(
        Chain(table: table, name: Self.shown(words.dropFirst().dropLast().joined(separator: " "))))
    } else if let last = all.indices.last {
      if words.first == "type", let place = words.firstIndex(of: "hook") {
        set(words.dropFirst(place + 1).first.flatMap { Hook(rawValue: String($0)) }, of: last)
        all[last].dropsByDefault = line.contains("policy drop;")
      } else {
        readRule(line, of: last)
      }
    }
  }

  /// A rule ends with its verdict and possibly a comment; a map has a verdict after each colon.
  private mutating func readRule(_ line: String, of chain: Int) {
    let words = Self.withoutQuotes(line).split(separator: " ")
      .map { String($0.filter { $0 != "," }) }
    let drops = words.indices.contains { index in
      switch words[index] {
      case "drop": index == 0 || !["jump", "goto"].contains(words[index - 1])
      case "reject", "REJECT": true
      default: false
      }
    }
    if drops { keep(line[...], of: chain) }
    for (index, word) in words.enumerated().dropLast() where word == "jump" || word == "goto" {
      all[chain].targets.append(words[index + 1])
    }
  }

  /// The line without quoted texts, which may contain any words; names of iptables targets are kept.
  private static func withoutQuotes(_ line: String) -> String {
    let parts = line.split(separator: "\"", omittingEmptySubsequences: false)
    return parts.enumerated().map { index, part in
      index % 2 == 0 || part == "REJECT" ? String(part) : ""
    }.joined(separator: " ")
  }

  private static func shortened(_ line: Substring) -> String {
    let longest = 100
    let scalars = line.unicodeScalars
    guard
      let middle = scalars.index(
        scalars.startIndex, offsetBy: longest, limitedBy: scalars.endIndex),
      middle < scalars.endIndex
    else { return HostText(line).text }
    let end = scalars.suffix(longest / 2)
    return HostText(line, limit: longest / 2).text + HostText(Substring(end)).text
  }

  // MARK: - iptables

  /// Reads the program's name and a line such as `-P INPUT DROP` or `-A INPUT -p tcp -j REJECT`.
  mutating func readLegacy(_ line: String) {
    let words = Self.withoutQuotes(line).split(separator: " ").map(String.init)
    guard words.count >= 4 else { return }
    let (table, name) = (words[0], words[2])
    let chain = index(of: name, in: table)
    if words[1] == "-P" {
      set(Hook(rawValue: name.lowercased()), of: chain)
      all[chain].dropsByDefault = words[3] == "DROP"
    } else if let place = words.firstIndex(where: { $0 == "-j" || $0 == "-g" }),
      let target = words.dropFirst(place + 1).first
    {
      if ["DROP", "REJECT"].contains(target) {
        keep(line.drop { $0 != " " }.dropFirst(), of: chain)
      } else {
        all[chain].targets.append(target)
      }
    }
  }

  private mutating func index(of name: String, in table: String) -> Int {
    if let known = places[Key(table: table, name: Self.shown(name))]?.first { return known }
    return add(Chain(table: table, name: Self.shown(name)))
  }

  // MARK: - Result

  @discardableResult private mutating func add(_ chain: Chain) -> Int {
    places[Key(table: chain.table, name: chain.name), default: []].append(all.endIndex)
    all.append(chain)
    return all.endIndex - 1
  }

  private mutating func set(_ hook: Hook?, of chain: Int) {
    if all[chain].hook == nil, hook != nil { hooks += 1 }
    all[chain].hook = hook
  }

  private mutating func keep(_ rule: Substring, of chain: Int) {
    guard all[chain].droppingRules.count < Self.mostRules else { return }
    all[chain].droppingRules.append(Self.shortened(rule))
  }

  /// A name of a table or chain, safe to display: it may contain any bytes.
  private static func shown(_ name: String) -> String { HostText(name, limit: 100).text }
}
