import Fleet

/// A host's firewall rules for one address family, as iptables-restore(8) reads them.
///
/// The rules are in chains that only `deploy` uses. `iptables-restore --noflush` replaces them in
/// one step for each table, and does not touch other chains.
struct IPTables: Hashable, Sendable {
  let table: Table
  let family: AddressSet.Family

  /// The tables `filter` and `nat`, without the head of the file. A table without chains is left
  /// out.
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

  /// Whether the chain is written: the input chain always is, the others are if they have rules.
  private func isNeeded(_ chain: Table.Chain) -> Bool {
    chain.hook == .input || !blocks(of: chain).isEmpty
  }

  /// The lines of a chain, in one block for each paragraph. User-defined chains have no policy
  /// (iptables(8)), so a chain that drops everything else ends with a rule for that.
  private func blocks(of chain: Table.Chain) -> [[String]] {
    let rules = chain.paragraphs.compactMap { paragraph -> [String]? in
      let all = paragraph.rules.flatMap { lines(of: $0, in: chain) }
      guard !all.isEmpty else { return nil }
      return (paragraph.comment.map { ["# \($0)"] } ?? []) + all
    }
    return rules + (chain.drops ? [["-A \(chain.name) -j DROP"]] : [])
  }

  /// The rule once for each alternative of its matches; empty if it is for the other family.
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
  /// The name of the chain, such as `DEPLOY-INPUT`. The host program makes the hook's own chain
  /// jump to it.
  fileprivate var name: String { "DEPLOY-\(hook.rawValue.uppercased())" }
}

extension Rule.Verdict {
  /// What follows `-j` in a rule: a target and its options (iptables-extensions(8)).
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
  /// The alternatives in which a packet can match, each as words of a rule; empty if the match is
  /// for the other family.
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
  /// The ports as `--dport` takes them: `443` or `10000:20000`.
  fileprivate var forIPTables: String { first == last ? "\(first)" : "\(first):\(last)" }
}

extension Rule.ICMPType {
  /// The type as `--icmp-type` and `--icmpv6-type` take it: a name, or a number if there is none.
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
