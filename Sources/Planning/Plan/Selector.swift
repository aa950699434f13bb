package import Fleet
package import Inventories

/// A parsed `--limit`, which decides which hosts belong to a run: names, globs and `label=value`,
/// separated by commas; `!` excludes.
package struct Selector: Hashable, Sendable {
  private enum Pattern: Hashable, Sendable {
    case name(glob: String)
    case label(key: String, glob: String)

    var text: String {
      switch self {
      case .name(let glob): glob
      case .label(let key, let glob): "\(key)=\(glob)"
      }
    }
  }

  private var included: [Pattern] = []
  private var excluded: [Pattern] = []

  package static let all = Selector()

  private init() {}

  /// Returns nil if a term is empty.
  package init?(_ text: String) {
    for term in text.split(separator: ",", omittingEmptySubsequences: false) {
      let term = term.trimmed
      let isExcluded = term.hasPrefix("!")
      let body = String(isExcluded ? term.dropFirst().trimmed : term)
      guard !body.isEmpty else { return nil }
      let parts = body.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      let pattern: Pattern =
        parts.count == 2
        ? .label(key: String(parts[0]), glob: String(parts[1])) : .name(glob: body)
      if isExcluded { excluded.append(pattern) } else { included.append(pattern) }
    }
  }

  /// Whether a host is selected; one that is no longer in the inventory has no labels.
  ///
  /// - Parameter containerHost: the host that it is a container of, whose name selects both.
  package func matches(
    _ name: HostName, labels: [String: String] = [:], containerHost: HostName? = nil
  ) -> Bool {
    func matches(_ pattern: Pattern) -> Bool {
      switch pattern {
      case .name(let glob):
        [name, containerHost].compactMap(\.self).contains {
          WildcardPattern(glob).matches($0.text)
        }
      case .label(let key, let glob):
        labels[key].map { WildcardPattern(glob).matches($0) } ?? false
      }
    }
    return (included.isEmpty || included.contains(where: matches))
      && !excluded.contains(where: matches)
  }

  package func matches(_ host: Host) -> Bool {
    matches(host.name, labels: host.labels, containerHost: host.containerHost?.name)
  }

  /// The terms that match no host. They are most likely mistyped, so a host might not be excluded as
  /// intended.
  package func unmatchedNames(among hosts: [Host], others: [HostName]) -> [String] {
    func isUnused(_ pattern: Pattern) -> Bool {
      var one = Selector()
      one.included = [pattern]
      return !hosts.contains { one.matches($0) } && !others.contains { one.matches($0) }
    }
    return included.filter(isUnused).map(\.text) + excluded.filter(isUnused).map { "!" + $0.text }
  }
}

extension Substring {
  fileprivate var trimmed: Substring {
    let start = drop { $0 == " " }
    return start[..<(start.lastIndex { $0 != " " }.map(start.index(after:)) ?? start.startIndex)]
  }
}
