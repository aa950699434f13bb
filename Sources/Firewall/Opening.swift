package import Inventories

/// Something that a host's firewall lets in, from whom, and why.
package struct Opening: Hashable, Sendable {
  package enum Target: Hashable, Sendable, Comparable, CustomStringConvertible {
    case tcp(Port)
    /// Every port of any protocol that no other opening of the list names.
    case everythingElse

    package var description: String {
      switch self {
      case .tcp(let port): "\(port)/tcp"
      case .everythingElse: "every other port"
      }
    }
  }

  package enum Source: Hashable, Sendable {
    case everybody
    /// Sorted, none within another; empty means nobody.
    case ranges([AddressRange])
  }

  package var target: Target
  package var from: Source
  /// For readers: `SSH`, `front-ends of shop.example`.
  package var why: String

  package init(_ target: Target, from: Source, why: String) {
    self.target = target
    self.from = from
    self.why = why
  }

  /// What a host without a firewall lets in.
  package static let withoutFirewall = [
    Opening(.everythingElse, from: .everybody, why: "no firewall of deploy's")
  ]
}

extension Opening.Source: CustomStringConvertible {
  /// The ranges as a set, without those that lie within others.
  init(_ ranges: some Sequence<AddressRange>) {
    // A range comes right before those within it.
    self = .ranges(
      Set(ranges).sorted().reduce(into: []) { kept, range in
        if kept.last?.covers(range) != true { kept.append(range) }
      })
  }

  /// As the inventory writes it: an empty list means everybody.
  init(unlessEmpty ranges: [AddressRange]) { self = ranges.isEmpty ? .everybody : Self(ranges) }

  package var description: String {
    switch self {
    case .everybody: "everybody"
    case .ranges(let ranges) where ranges.isEmpty: "nobody"
    case .ranges(let ranges): ranges.map(\.description).joined(separator: ", ")
    }
  }

  /// Whether a connection from there is let in.
  package func contains(_ address: IPAddress) -> Bool {
    switch self {
    case .everybody: true
    case .ranges(let ranges):
      // Front-ends are listed one by one: the exact address is looked for first.
      !ranges.sortedRun(of: AddressRange(address), by: \.self).isEmpty
        || ranges.contains { $0.contains(address) }
    }
  }

  func union(_ other: Self) -> Self {
    switch (self, other) {
    case (.ranges(let left), .ranges(let right)): Self(left + right)
    case (.everybody, _), (_, .everybody): .everybody
    }
  }
}

extension [Opening] {
  /// Who is let in to a target; what no opening names, as one for everything else says.
  package func source(of target: Opening.Target) -> Opening.Source {
    let opening = first { $0.target == target } ?? first { $0.target == .everythingElse }
    return opening?.from ?? .ranges([])
  }

  /// What lets in all that either list lets in, for the time between two rulesets of a host.
  ///
  /// A port that only one of them names is open to everybody where the other leaves it alone.
  package func union(_ other: [Opening]) -> [Opening] {
    let targets = Set((self + other).map(\.target))
    return [self, other].flatMap { openings in
      openings
        + targets.subtracting(openings.map(\.target)).compactMap { target in
          openings.contains { $0.target == .everythingElse }
            ? Opening(target, from: .everybody, why: "not guarded so far") : nil
        }
    }.merged()
  }

  /// One opening for each target, sorted by it; the sources are joined, and so are the reasons.
  func merged() -> [Opening] {
    Dictionary(grouping: self, by: \.target)
      .map { target, openings in
        let reasons = openings.map(\.why).reduce(into: [String]()) {
          if !$0.contains($1) { $0.append($1) }
        }
        return Opening(
          target, from: openings.dropFirst().reduce(openings[0].from) { $0.union($1.from) },
          why: reasons.joined(separator: "; "))
      }
      .sorted { $0.target < $1.target }
  }
}
