internal import Inventories

/// The table in the words of iptables(8), one text for each family: a chain of its own, which
/// `iptables-restore --noflush` replaces in one step and without a touch on any other.
struct IPTables: Hashable, Sendable {
  /// Named in the hosts' scripts too, which make `INPUT` jump to it.
  static let chain = "DEPLOY-INPUT"

  let table: Table
  let family: AddressSet.Family

  /// What `iptables-restore` reads behind the head of the file.
  var text: String {
    let blocks = table.paragraphs.compactMap { paragraph -> [String]? in
      let lines = paragraph.rules.flatMap(lines)
      guard !lines.isEmpty else { return nil }
      return (paragraph.comment.map { ["# \($0)"] } ?? []) + lines
    }
    let rest = table.policy == .drop ? [["-A \(Self.chain) -j DROP"]] : []
    let chain = [["*filter", ":\(Self.chain) - [0:0]"]] + blocks + rest
    return (chain.joined(separator: [""]) + ["COMMIT"]).map { $0 + "\n" }.joined()
  }

  /// None where the rule is of the other family.
  private func lines(of rule: Rule) -> [String] {
    var alternatives = [""]
    for match in rule.matches {
      let words = match.words(for: family)
      alternatives = alternatives.flatMap { start in words.map { start + " " + $0 } }
    }
    return alternatives.map {
      "-A \(Self.chain)\($0) -j \(rule.verdict == .accept ? "ACCEPT" : "DROP")"
    }
  }
}

extension Rule.Match {
  /// The ways in which a packet may match, each as words of a rule; none in the other family.
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
    case (.destination(let port), _): ["-p tcp --dport \(port)"]
    case (.icmp, _), (.icmpv6, _), (.neighbor, _), (.linkLocalSource, _), (.dhcpv6Reply, _),
      (.sourceIn, _):
      []
    }
  }
}

extension Rule.ICMPType {
  fileprivate var iptablesName: String {
    switch self {
    case .destinationUnreachable, .packetTooBig, .timeExceeded, .parameterProblem, .echoRequest,
      .redirect:
      rawValue
    // It has no name for it (RFC 2710, 3.1).
    case .multicastListenerQuery: "130"
    case .routerAdvertisement: "router-advertisement"
    case .neighborSolicitation: "neighbour-solicitation"
    case .neighborAdvertisement: "neighbour-advertisement"
    }
  }
}
