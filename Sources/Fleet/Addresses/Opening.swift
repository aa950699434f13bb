/// Traffic that a host's firewall accepts, from which sources, and why; made from the inventory, and stored in
/// the facts of a release.
package struct Opening: Hashable, Sendable {
  /// The ports or protocols that an opening is for.
  package enum Target: Hashable, Sendable, Comparable, CustomStringConvertible {
    case tcp(Port)
    /// Several ports, including those that other openings of the list name.
    case tcpRange(PortRange)
    case udp(PortRange)
    case other(IPProtocol)
    /// Every port of any protocol that no other opening of the list names.
    case everythingElse

    package var description: String {
      switch self {
      case .tcp(let port): "\(port)/tcp"
      case .tcpRange(let ports): "\(ports)/tcp"
      case .udp(let ports): "\(ports)/udp"
      case .other(let other): other.rawValue
      case .everythingElse: "every other port"
      }
    }
  }

  /// The addresses from which an opening accepts packets.
  package enum Source: Hashable, Sendable {
    case everybody
    /// Sorted, none within another; empty means no one.
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

  /// What ``why`` begins with if it is for the visitors of sites.
  package static let visitors = "visitors of "

  /// Whether it admits visitors of sites through content networks.
  package var isForNetworks: Bool {
    guard target == .tcp(.http) || target == .tcp(.https), case .ranges = from else { return false }
    return reasons.contains { $0.hasPrefix(Self.visitors) }
  }
  /// Whether it admits visitors of sites through content networks, and nothing else.
  package var isForNetworksAlone: Bool { isForNetworks && reasons.count == 1 }

  fileprivate static let separator = "; "
  /// The reasons of the openings that were merged.
  private var reasons: [Substring] { why.split(separator: Self.separator) }

  /// The openings of a host without a firewall.
  package static let withoutFirewall = [
    Opening(.everythingElse, from: .everybody, why: "no firewall by deploy")
  ]
}

extension Opening.Target {
  package init(_ traffic: Traffic) {
    switch traffic {
    case .tcp(let ports) where ports.first == ports.last: self = .tcp(ports.first)
    case .tcp(let ports): self = .tcpRange(ports)
    case .udp(let ports): self = .udp(ports)
    case .other(let other): self = .other(other)
    }
  }

  /// Whether traffic accepted for this target is also accepted for the other one: a rule for several ports
  /// applies to each port of them.
  package func includes(_ other: Self) -> Bool {
    switch (self, other) {
    case (.tcpRange(let ports), .tcp(let port)): ports.contains(port)
    case (.tcpRange(let ports), .tcpRange(let inner)), (.udp(let ports), .udp(let inner)):
      ports.contains(inner.first) && ports.contains(inner.last)
    default: self == other
    }
  }
}

extension Opening.Source: CustomStringConvertible {
  /// The ranges as a set, without those that lie within others.
  package init(_ ranges: some Sequence<AddressRange>) {
    // A range comes right before those within it.
    self = .ranges(
      Set(ranges).sorted().reduce(into: []) { kept, range in
        if kept.last?.covers(range) != true { kept.append(range) }
      })
  }

  /// From a list of the inventory, in which an empty list means everybody.
  package init(unlessEmpty ranges: [AddressRange]) {
    self = ranges.isEmpty ? .everybody : Self(ranges)
  }

  package var description: String {
    switch self {
    case .everybody: "everybody"
    case .ranges(let ranges) where ranges.isEmpty: "no one"
    case .ranges(let ranges): ranges.map(\.description).joined(separator: ", ")
    }
  }

  /// Whether a connection from the address is accepted.
  package func contains(_ address: IPAddress) -> Bool {
    switch self {
    case .everybody: true
    case .ranges(let ranges):
      // Front-ends are listed one by one, so the exact address is looked up first.
      !ranges.sortedRun(of: AddressRange(address), by: \.self).isEmpty
        || ranges.contains { $0.contains(address) }
    }
  }

  /// Sources that accept what either accepts.
  package func union(_ other: Self) -> Self {
    switch (self, other) {
    case (.ranges(let left), .ranges(let right)): Self(left + right)
    case (.everybody, _), (_, .everybody): .everybody
    }
  }
}

extension [Opening] {
  /// The sources accepted for a target; if no opening names it, those of the one for everything else.
  package func source(of target: Opening.Target) -> Opening.Source {
    var source: Opening.Source?
    for opening in self where opening.target.includes(target) {
      source = source.map { $0.union(opening.from) } ?? opening.from
    }
    return source ?? first { $0.target == .everythingElse }?.from ?? .ranges([])
  }

  /// The openings between two rulesets of a host, for everyone who is accepted before or after.
  ///
  /// - Parameters:
  ///   - listened: the ports that the host's nginx listens on for this list. They are open to the sources of
  ///     this list only, not to sources of the other list, which does not know the port.
  ///   - otherListened: the same for the other list.
  package func union(
    _ other: [Opening], listened: Set<Port> = [], otherListened: Set<Port> = []
  ) -> [Opening] {
    let targets = Set((self + other).map(\.target))
    return targets.flatMap { target -> [Opening] in
      let (own, others) = (opening(for: target), other.opening(for: target))
      switch target {
      case .tcp(let port) where listened.union(otherListened).contains(port):
        return [listened.contains(port) ? own : nil, otherListened.contains(port) ? others : nil]
          .compactMap(\.self)
      case .tcp, .tcpRange, .udp, .other, .everythingElse: return [own, others].compactMap(\.self)
      }
    }.merged()
  }

  /// What this list says about a target, named or not; nil if it accepts no one.
  private func opening(for target: Opening.Target) -> Opening? {
    first { $0.target == target }
      ?? (contains { $0.target == .everythingElse }
        ? Opening(target, from: .everybody, why: "not guarded so far") : nil)
  }

  /// One opening for each target, sorted by target; sources and reasons are joined.
  package func merged() -> [Opening] {
    Dictionary(grouping: self, by: \.target)
      .map { target, openings in
        let reasons = openings.map(\.why).reduce(into: [String]()) {
          if !$0.contains($1) { $0.append($1) }
        }
        return Opening(
          target, from: openings.dropFirst().reduce(openings[0].from) { $0.union($1.from) },
          why: reasons.joined(separator: Opening.separator))
      }
      .sorted { $0.target < $1.target }
  }
}
