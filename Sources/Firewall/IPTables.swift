import Fleet

/// The table in the syntax of iptables(8), one text for each family: separate chains, which
/// `iptables-restore --noflush` replaces in one step for each table without touching others.
struct IPTables: Hashable, Sendable {
  let table: Table
  let family: AddressSet.Family

  /// What `iptables-restore` reads, after the head of the file.
  var text: String {
    let tables = [("filter", false), ("nat", true)].compactMap { name, translates -> [String]? in
      let chains = table.chains.filter { $0.translates == translates && isNeeded($0) }
      guard !chains.isEmpty else { return nil }
      let heads = chains.map { ":\($0.name) - [0:0]" }
      let all = [["*\(name)"] + heads] + chains.flatMap(blocks)
      return all.joined(separator: [""]) + ["COMMIT"]
    }
    return tables.joined(separator: [""]).map { $0 + "\n" }.joined()
  }

  private func isNeeded(_ chain: Table.Chain) -> Bool {
    chain.hook == .input || !blocks(of: chain).isEmpty
  }

  private func blocks(of chain: Table.Chain) -> [[String]] {
    let rules = chain.paragraphs.compactMap { paragraph -> [String]? in
      let all = paragraph.rules.flatMap { lines(of: $0, in: chain) }
      guard !all.isEmpty else { return nil }
      return (paragraph.comment.map { ["# \($0)"] } ?? []) + all
    }
    return rules + (chain.drops ? [["-A \(chain.name) -j DROP"]] : [])
  }

  /// Empty if the rule is for the other family.
  private func lines(of rule: Rule, in chain: Table.Chain) -> [String] {
    var alternatives = [""]
    for match in rule.matches {
      let words = match.words(for: family)
      alternatives = alternatives.flatMap { start in words.map { start + " " + $0 } }
    }
    return alternatives.map { "-A \(chain.name)\($0) -j \(rule.verdict.target)" }
  }
}

extension Table.Chain {
  /// Also used by the host program, which lets the chain of the hook jump to it.
  fileprivate var name: String { "DEPLOY-\(hook.rawValue.uppercased())" }
}

extension Rule.Verdict {
  fileprivate var target: String {
    switch self {
    case .accept: "ACCEPT"
    case .drop: "DROP"
    case .translate(let address, let port): "DNAT --to-destination \(address):\(port)"
    case .comeFrom(let address): "SNAT --to-source \(address)"
    case .masquerade: "MASQUERADE"
    }
  }
}

extension Rule.Match {
  /// The alternatives in which a packet can match, each as words of a rule; empty for the other family.
  fileprivate func words(for family: AddressSet.Family) -> [String] {
    switch (self, family) {
    case (.loopback, _): ["-i lo"]
    case (.connection(let states), _):
      ["-m conntrack --ctstate " + states.map { $0.rawValue.uppercased() }.joined(separator: ",")]
    case (.icmp(let types), .ipv4): types.map { "-p icmp --icmp-type \($0.iptablesName)" }
    case (.icmpv6(let types), .ipv6): types.map { "-p ipv6-icmp --icmpv6-type \($0.iptablesName)" }
    case (.neighbor, .ipv6): ["-m hl --hl-eq 255"]
    case (.linkLocalSource, .ipv6): ["-s fe80::/10"]
    case (.dhcpv6Reply, .ipv6): ["-p udp --sport 547 --dport 546"]
    case (.sourceIn(let set), _) where set.family == family: set.ranges.map { "-s \($0)" }
    case (.destination(let transport, let ports), _):
      ["-p \(transport.rawValue) --dport \(ports.forIPTables)"]
    // ip6tables looks for a protocol behind this header.
    case (.carries(.ah), .ipv6): []
    case (.carries(let other), _): ["-p \(other.number)"]
    case (.nextHeader(.ah), .ipv6): ["-m ah"]
    case (.sourceWithin(let range), .ipv4): ["-s \(range)"]
    case (.destinationIn(let range), .ipv4): ["-d \(range)"]
    case (.destinationOutside(let range), .ipv4): ["! -d \(range)"]
    case (.localDestination, .ipv4): ["-m addrtype --dst-type LOCAL"]
    case (.translated, .ipv4): ["-m conntrack --ctstate DNAT"]
    case (.icmp, _), (.icmpv6, _), (.neighbor, _), (.linkLocalSource, _), (.dhcpv6Reply, _),
      (.sourceIn, _), (.sourceWithin, _), (.destinationIn, _), (.destinationOutside, _),
      (.localDestination, _), (.translated, _), (.nextHeader, _):
      []
    }
  }
}

extension PortRange {
  fileprivate var forIPTables: String { first == last ? "\(first)" : "\(first):\(last)" }
}

extension Rule.ICMPType {
  fileprivate var iptablesName: String {
    switch self {
    case .destinationUnreachable, .packetTooBig, .timeExceeded, .parameterProblem, .echoRequest,
      .redirect:
      rawValue
    // ip6tables has no name for it (RFC 2710, 3.1).
    case .multicastListenerQuery: "130"
    case .routerAdvertisement: "router-advertisement"
    case .neighborSolicitation: "neighbour-solicitation"
    case .neighborAdvertisement: "neighbour-advertisement"
    }
  }
}
