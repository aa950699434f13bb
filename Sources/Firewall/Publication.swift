package import Fleet

/// What changes for connections, one line each.
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
  var set: AddressSet {
    AddressSet(name: "published_\(port)", family: .ipv4, ranges: from)
  }

  /// Packets that pass through the host: only connections to published ports come in.
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

  /// For connections from outside and, separately, for those of the host itself.
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

  /// Inside the network, answers would not come back through the host; outside, the network's addresses are
  /// unknown.
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
