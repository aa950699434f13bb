internal import Inventories

/// The table `inet deploy`: its sets, and its one chain. There is no chain for forwarded packets,
/// so that containers behind the host keep what their own rules give them.
struct Table: Hashable, Sendable, CustomStringConvertible {
  struct Paragraph: Hashable, Sendable {
    var comment: String?
    var rules: [Rule]
  }

  let sets: [AddressSet]
  let policy: Rule.Verdict
  let paragraphs: [Paragraph]

  init(_ ruleset: Ruleset) {
    sets = ruleset.openings.flatMap(\.sets)
    let ports = ruleset.openings.compactMap { $0.paragraph(in: ruleset.scope) }
    switch ruleset.scope {
    case .drop:
      policy = .drop
      paragraphs =
        [Self.redirects, Self.connections(droppingInvalid: true), Self.icmp, Self.link] + ports
    case .sites:
      policy = .accept
      paragraphs = [Self.connections(droppingInvalid: false)] + ports
    }
  }

  /// To conntrack a redirect that quotes a packet of a connection is related to it (nf_conntrack's
  /// `icmp_is_err`). Those of IPv6 are not, and no rule accepts them.
  private static let redirects = Paragraph(
    comment: "Redirects could lead traffic astray, and pass for related to a connection.",
    rules: [Rule(.icmp([.redirect]), verdict: .drop)])

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

  /// RFC 4890, 4.4.1; DHCPv6 answers come from another address than the one that was asked.
  private static let link = Paragraph(
    comment: "IPv6 finds neighbours, routers and addresses by these, from the link itself alone.",
    rules: [
      Rule(
        .neighbor,
        .icmpv6([.neighborSolicitation, .neighborAdvertisement, .routerAdvertisement]),
        verdict: .accept),
      Rule(.linkLocalSource, .icmpv6([.multicastListenerQuery]), verdict: .accept),
      Rule(.linkLocalSource, .dhcpv6Reply, verdict: .accept),
    ])

  var description: String {
    let blocks = sets.map(Self.lines) + [chain]
    let lines = blocks.joined(separator: [""]).map { $0.isEmpty ? "" : "    " + $0 }
    return (["table inet deploy {"] + lines + ["}"]).joined(separator: "\n")
  }

  private static func lines(of set: AddressSet) -> [String] {
    ["set \(set.name) {", "    type \(set.family.rawValue)_addr", "    flags interval"]
      + ["    elements = {"] + set.ranges.map { "        \($0)," } + ["    }", "}"]
  }

  private var chain: [String] {
    let blocks = paragraphs.map { paragraph in
      (paragraph.comment.map { ["# \($0)"] } ?? []) + paragraph.rules.map(\.description)
    }
    let hook = ["type filter hook input priority filter; policy \(policy.rawValue);"]
    let lines = ([hook] + blocks).joined(separator: [""]).map { $0.isEmpty ? "" : "    " + $0 }
    return ["chain input {"] + lines + ["}"]
  }
}

extension Opening {
  fileprivate var sets: [AddressSet] {
    switch (target, from) {
    case (.tcp(let port), .ranges(let ranges)): AddressSet.sets(for: port, ranges)
    case (.tcp, .everybody), (.everythingElse, _): []
    }
  }

  /// Nil where the chain's policy says it already.
  fileprivate func paragraph(in scope: FirewallPolicy.Scope) -> Table.Paragraph? {
    guard case .tcp(let port) = target else { return nil }
    let accepted =
      switch from {
      case .everybody: [Rule(.destination(port), verdict: .accept)]
      case .ranges:
        sets.map { Rule(.sourceIn($0), .destination(port), verdict: .accept) }
      }
    let guarded = scope == .sites && from != .everybody
    let rules = accepted + (guarded ? [Rule(.destination(port), verdict: .drop)] : [])
    return rules.isEmpty ? nil : Table.Paragraph(comment: oneLine(why), rules: rules)
  }

  /// A reason never ends its comment.
  private func oneLine(_ text: String) -> String {
    String(text.map { $0.isNewline ? " " : $0 })
  }
}
