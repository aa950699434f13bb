package import Fleet

/// A pattern of hosts: names, globs and `label=value`, separated by commas; `!` excludes. It is the value of `--limit`,
/// which decides which hosts belong to a run, and of `match` in an inventory, which decides which belong to a site.
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

  /// The terms of one kind. Names without a wildcard are looked up: a command may name every host of a large
  /// fleet.
  private struct Terms: Hashable, Sendable {
    /// In the order given.
    private(set) var all: [Pattern] = []
    private var names: Set<String> = []
    private var others: [Pattern] = []

    var isEmpty: Bool { all.isEmpty }

    mutating func append(_ pattern: Pattern) {
      all.append(pattern)
      if case .name(let name) = pattern, !WildcardPattern.hasWildcard(name) {
        names.insert(name)
      } else {
        others.append(pattern)
      }
    }

    func match(_ candidate: Candidate) -> Bool {
      candidate.names.contains { names.contains($0.text) }
        || others.contains { candidate.matches($0) }
    }
  }

  /// A host, as terms see it.
  private struct Candidate {
    /// Its name, and that of the host that it is a container of.
    let names: [HostName]
    let labels: [String: String]

    init(_ name: HostName, labels: [String: String] = [:]) {
      (names, self.labels) = ([name], labels)
    }

    init(_ host: Host) {
      names = [host.name, host.containerHost?.name].compactMap(\.self)
      labels = host.labels
    }

    func matches(_ pattern: Pattern) -> Bool {
      switch pattern {
      case .name(let glob): names.contains { WildcardPattern(glob).matches($0.text) }
      case .label(let key, let glob):
        labels[key].map { WildcardPattern(glob).matches($0) } ?? false
      }
    }
  }

  private var included = Terms()
  private var excluded = Terms()

  package static let all = Selector()

  private init() {}

  static let noun = "a pattern of hosts"
  static let rule = "names, globs and label=value, separated by commas; ! excludes"

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
  package func matches(_ name: HostName, labels: [String: String] = [:]) -> Bool {
    matches(Candidate(name, labels: labels))
  }

  /// Whether a host is selected; the name of a container's host selects both.
  package func matches(_ host: Host) -> Bool { matches(Candidate(host)) }

  private func matches(_ candidate: @autoclosure () -> Candidate) -> Bool {
    if included.isEmpty, excluded.isEmpty { return true }
    let candidate = candidate()
    return (included.isEmpty || included.match(candidate)) && !excluded.match(candidate)
  }

  /// The terms that match no host. They are most likely mistyped, so a host might not be excluded as
  /// intended.
  package func unmatchedNames(among hosts: [Host], others: [HostName]) -> [String] {
    if included.isEmpty, excluded.isEmpty { return [] }
    let candidates = hosts.map { Candidate($0) } + others.map { Candidate($0) }
    let names = Set(candidates.flatMap { $0.names.map(\.text) })
    func isUnused(_ pattern: Pattern) -> Bool {
      if case .name(let name) = pattern, !WildcardPattern.hasWildcard(name) {
        return !names.contains(name)
      }
      return !candidates.contains { $0.matches(pattern) }
    }
    return included.all.filter(isUnused).map(\.text)
      + excluded.all.filter(isUnused).map { "!" + $0.text }
  }
}

extension Substring {
  fileprivate var trimmed: Substring {
    let start = drop { $0 == " " }
    return start[..<(start.lastIndex { $0 != " " }.map(start.index(after:)) ?? start.startIndex)]
  }
}
