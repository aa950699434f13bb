package import Fleet

/// The changes between the published ports of two rulesets, one line each, sorted by port: another
/// target of a port, and sources that are new or no longer accepted.
package func difference(from old: [Publication], to new: [Publication]) -> [String] {
  Set((old + new).map(\.port)).sorted().flatMap { port in
    let (before, after) = (old.first { $0.port == port }, new.first { $0.port == port })
    let isElsewhere =
      switch (before, after) {
      case (let before?, let after?): !before.leads(asMuchAs: after)
      case (nil, _), (_, nil): false
      }
    let way = (after ?? before).map { " to \($0.host) (\($0.address) port \($0.target))" } ?? ""
    return (isElsewhere ? ["now forwarded\(way)"] : [])
      .map { "\(port)/tcp \($0)" }
      + changes(from: before?.from ?? [], to: after?.from ?? []).map { "\(port)/tcp\(way) \($0)" }
  }
}

// MARK: - As rules

extension Publication {
  /// The named set of the sources that reach the port, such as `published_8443`.
  var set: AddressSet {
    AddressSet(name: "published_\(port)", family: .ipv4, ranges: from)
  }

  /// The rules for packets that pass through the host: all that leave the container's network, and
  /// into the container only answers and connections to the published port.
  var forward: Table.Paragraph {
    let inside = Rule.Match.destinationIn(AddressRange(address))
    return Table.Paragraph(
      comment:
        "Only published ports of \(host) can be reached; \(host) itself can connect anywhere.",
      rules: [
        Rule(inside, .connection([.established, .related]), verdict: .accept),
        Rule(inside, .translated, verdict: .accept),
        Rule(.sourceWithin(network), verdict: .accept),
        Rule(inside, verdict: .drop),
      ])
  }

  /// The rule that sends connections to the published port to the container (DNAT); nil if no
  /// source may reach it. It is needed twice, for connections from outside and for those of the
  /// host itself.
  var translation: Table.Paragraph? {
    guard !from.isEmpty else { return nil }
    return Table.Paragraph(
      comment: why,
      rules: [
        Rule(
          .sourceIn(set), .localDestination, .destination(.tcp, PortRange(port)),
          verdict: .translate(to: address, target))
      ])
  }

  /// The rules that give connections a source address of the host (SNAT), so that answers come back
  /// through the host. Within the container's network, answers would not pass through the host;
  /// outside, the network's addresses are unknown.
  var masquerade: Table.Paragraph {
    Table.Paragraph(
      comment:
        "Answers from within \(network) and from outside come back through this host.",
      rules: [
        Rule(
          .sourceWithin(network), .destinationIn(network), .translated,
          verdict: .comeFrom(containerHost)),
        Rule(.sourceWithin(network), .destinationOutside(network), verdict: .masquerade),
      ])
  }
}
