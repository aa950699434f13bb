import Fleet
internal import Inventories

/// The rules of a host as sets and chains, which both engines render; its description is the table
/// `inet deploy` in the syntax of nft(8).
///
/// Of the packets that pass through the host, it filters only those of the container that the host
/// publishes. The user's own rules apply to all others.
struct Table: Hashable, Sendable, CustomStringConvertible {
  /// Rules that belong together, and the comment above them.
  struct Paragraph: Hashable, Sendable {
    let comment: String?
    let rules: [Rule]

    /// Line feeds in the comment become spaces.
    init(comment: String? = nil, rules: [Rule]) {
      self.comment = comment.map { String($0.map { $0.isNewline ? " " : $0 }) }
      self.rules = rules
    }
  }

  /// A chain at a hook of the kernel, with the names that nft and iptables share.
  struct Chain: Hashable, Sendable {
    enum Hook: String { case input, forward, prerouting, output, postrouting }

    let hook: Hook
    var drops = false
    let paragraphs: [Paragraph]
  }

  let sets: [AddressSet]
  let chains: [Chain]

  init(_ ruleset: Ruleset) {
    let published = ruleset.publications.filter { !$0.from.isEmpty }
    sets = ruleset.openings.flatMap(\.sets) + published.map(\.set)
    chains = [Self.input(ruleset)] + Self.passage(ruleset.publications)
  }

  /// The chain for packets to the host itself. With the scope `drop`, it also accepts ICMP and what
  /// IPv6 needs on the link, and drops what no rule accepts.
  private static func input(_ ruleset: Ruleset) -> Chain {
    let ports = ruleset.openings.compactMap { $0.paragraph(in: ruleset.scope) }
    return switch ruleset.scope {
    case .drop:
      Chain(
        hook: .input, drops: true,
        paragraphs: [redirects, connections(droppingInvalid: true), icmp, link] + ports)
    case .sites:
      Chain(hook: .input, paragraphs: [connections(droppingInvalid: false)] + ports)
    }
  }

  /// The chains for published ports, in both directions; none if the host publishes no port.
  private static func passage(_ publications: [Publication]) -> [Chain] {
    guard !publications.isEmpty else { return [] }
    let translations = publications.compactMap(\.translation)
    return [
      Chain(hook: .forward, paragraphs: publications.map(\.forward)),
      Chain(hook: .prerouting, paragraphs: translations),
      Chain(hook: .output, paragraphs: translations),
      Chain(hook: .postrouting, paragraphs: publications.map(\.masquerade)),
    ].filter { !$0.paragraphs.isEmpty }
  }

  /// For conntrack, a redirect that quotes a packet of a connection is related to it
  /// (nf_conntrack's `icmp_is_err`). Those of IPv6 are not, and no rule accepts them.
  private static let redirects = Paragraph(
    comment: "Redirects could misdirect traffic, but count as related to a connection.",
    rules: [Rule(.icmp([.redirect]), verdict: .drop)])

  /// Accepts the host's own connections to itself, and packets of connections that were accepted
  /// before.
  private static func connections(droppingInvalid: Bool) -> Paragraph {
    let invalid = Rule(.connection([.invalid]), verdict: .drop)
    return Paragraph(
      rules: [
        Rule(.loopback, verdict: .accept),
        Rule(.connection([.established, .related]), verdict: .accept),
      ] + (droppingInvalid ? [invalid] : []))
  }

  private static let icmp = Paragraph(
    comment: "Errors and pings.",
    rules: [
      Rule(
        .icmp([.destinationUnreachable, .timeExceeded, .parameterProblem, .echoRequest]),
        verdict: .accept),
      Rule(
        .icmpv6([
          .destinationUnreachable, .packetTooBig, .timeExceeded, .parameterProblem, .echoRequest,
        ]), verdict: .accept),
    ])

  /// RFC 4890, 4.4.1; DHCPv6 answers come from another address than the request was sent to.
  private static let link = Paragraph(
    comment: "IPv6 uses these to find neighbours, routers and addresses, only on the local link.",
    rules: [
      Rule(
        .neighbor,
        .icmpv6([.neighborSolicitation, .neighborAdvertisement, .routerAdvertisement]),
        verdict: .accept),
      Rule(.linkLocalSource, .icmpv6([.multicastListenerQuery]), verdict: .accept),
      Rule(.linkLocalSource, .dhcpv6Reply, verdict: .accept),
    ])

  var description: String {
    let blocks = sets.map(Self.lines) + chains.map(\.lines)
    let lines = blocks.joined(separator: [""]).map { $0.isEmpty ? "" : "    " + $0 }
    return (["table inet deploy {"] + lines + ["}"]).joined(separator: "\n")
  }

  private static func lines(of set: AddressSet) -> [String] {
    ["set \(set.name) {", "    type \(set.family.rawValue)_addr", "    flags interval"]
      + ["    elements = {"] + set.ranges.map { "        \($0)," } + ["    }", "}"]
  }
}

extension Table.Chain {
  /// Whether the chain translates addresses: it then sees only the first packet of a connection.
  var translates: Bool {
    switch hook {
    case .input, .forward: false
    case .prerouting, .output, .postrouting: true
    }
  }

  fileprivate var lines: [String] {
    let blocks = paragraphs.map { paragraph in
      (paragraph.comment.map { ["# \($0)"] } ?? []) + paragraph.rules.map(\.description)
    }
    let head =
      "type \(translates ? "nat" : "filter") hook \(hook.rawValue) priority \(priority);"
      + " policy \(drops ? "drop" : "accept");"
    let lines = ([[head]] + blocks).joined(separator: [""]).map { $0.isEmpty ? "" : "    " + $0 }
    return ["chain \(hook.rawValue) {"] + lines + ["}"]
  }

  /// Its order among all chains at the hook, as a standard name or number of nft(8).
  private var priority: String {
    switch hook {
    case .input, .forward: "filter"
    case .prerouting: "dstnat"
    // nft before 1.0.7 knows the name of this priority for prerouting only.
    case .output: "-100"
    case .postrouting: "srcnat"
    }
  }
}

extension Opening {
  /// One set for each address family of the sources; none for an opening to everybody.
  fileprivate var sets: [AddressSet] {
    guard let name = target.setName, case .ranges(let ranges) = from else { return [] }
    return AddressSet.sets(for: name, ranges)
  }

  /// The rules that accept the opening's sources. With the scope `sites`, they also drop all
  /// others.
  ///
  /// - Returns: nil if no rule is needed, because the chain's policy has the same effect.
  fileprivate func paragraph(in scope: FirewallPolicy.Scope) -> Table.Paragraph? {
    let sources: [[Rule.Match]] =
      switch from {
      case .everybody: [[]]
      case .ranges: sets.map { [.sourceIn($0)] }
      }
    let accepted = sources.flatMap { source in
      target.matches.map { Rule(source + [$0], verdict: .accept) }
    }
    let guarded = scope == .sites && from != .everybody
    let rules = accepted + (guarded ? target.matches.map { Rule($0, verdict: .drop) } : [])
    return rules.isEmpty ? nil : Table.Paragraph(comment: why, rules: rules)
  }
}

extension Opening.Target {
  /// The prefix of the names of its sets; nil for a target without a rule.
  fileprivate var setName: String? {
    switch self {
    case .tcp(let port): "tcp_\(port)"
    case .tcpRange(let ports): "tcp_\(ports.first)_\(ports.last)"
    case .udp(let ports) where ports.first == ports.last: "udp_\(ports.first)"
    case .udp(let ports): "udp_\(ports.first)_\(ports.last)"
    case .other(let other): other.rawValue
    case .everythingElse: nil
    }
  }

  /// A packet belongs to the target if one of these matches.
  fileprivate var matches: [Rule.Match] {
    switch self {
    case .tcp(let port): [.destination(.tcp, PortRange(port))]
    case .tcpRange(let ports): [.destination(.tcp, ports)]
    case .udp(let ports): [.destination(.udp, ports)]
    case .other(.ah): [.carries(.ah), .nextHeader(.ah)]
    case .other(let other): [.carries(other)]
    case .everythingElse: []
    }
  }
}
