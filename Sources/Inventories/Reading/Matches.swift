internal import Diagnostics
import Fleet
internal import YAML

/// Finds the hosts of the patterns in one list of a site (`match`), while the list is read.
struct Matches {
  private let role: Role
  /// Hosts that the list names, and those that an earlier pattern has found: patterns leave them out.
  private var taken: Set<String>

  /// - Parameter elements: the whole list: a name counts before the patterns above it.
  init(_ role: Role, besides elements: [Node]) {
    self.role = role
    taken = Set(elements.compactMap(\.hostText))
  }

  /// The hosts that match a pattern and are not in the list yet. A pattern with a term that no host matches is reported.
  mutating func hosts(
    matching pattern: Node, of declared: DeclaredHosts, _ found: inout DiagnosticCollector
  ) -> [Placed<HostName>] {
    let selector = pattern.value(
      noun: Selector.noun, rule: Selector.rule, &found, parse: { Selector($0) })
    guard let selector else { return [] }
    let candidates = (declared.names[role] ?? []).compactMap { declared.hosts[$0]?.value }
    let matching = candidates.filter { selector.matches($0) }
    if declared.knowsAll(role) {
      let unmatched = selector.unmatchedNames(among: candidates, others: [])
      if !unmatched.isEmpty || matching.isEmpty {
        found.report(.nothingMatches(unmatched, role: role, at: pattern.place))
      }
    }
    return matching.filter { taken.insert($0.name.text).inserted }
      .map { Placed(value: $0.name, place: pattern.place) }
  }
}

extension Node {
  /// The host that an element of a list names; nil for a pattern.
  fileprivate var hostText: String? {
    switch content {
    case .scalar(let scalar): scalar.text
    case .sequence: nil
    case .mapping(let entries):
      entries.first { $0.key == UpstreamField.host.rawValue }?.value.hostText
    }
  }
}

extension Diagnostic {
  /// Reports a pattern, or terms of it, that no host matches.
  fileprivate static func nothingMatches(
    _ terms: [String], role: Role, at place: SourcePlace
  ) -> Diagnostic {
    let what = terms.isEmpty ? "this pattern" : terms.map(\.quoted).joined(separator: ", ")
    return Diagnostic(
      .nothingMatches, at: place,
      "No \(role.rawValue) matches \(what). Correct the pattern, or give a \(role.rawValue) the name or label."
    )
  }
}
