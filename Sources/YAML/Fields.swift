package import Diagnostics
package import Schema

/// The entries of a mapping whose keys are known: those of the table `Key`. The readers of
/// inventories and playbooks make one for each mapping.
package struct Fields<Key: KeyTable> {
  /// The owner in a sentence, with its article: "a host".
  private let owner: String
  /// Where the mapping belongs: the place of its key.
  package let place: SourcePlace
  private let entries: [Key: Node.Entry]
  /// Whether a missing key is a mistake.
  private let isComplete: Bool

  /// Returns nil if the node is not a mapping; reports unknown keys.
  ///
  /// A key with the name of an earlier version is reported too, but its value is read.
  ///
  /// - Parameters:
  ///   - owner: what the mapping describes, with its article, for messages, if the table is not precise enough: "a front-end".
  ///   - place: where a missing key is reported; nil for where the mapping starts.
  ///   - isComplete: false if other mappings have the keys that are missing.
  package init?(
    _ node: Node, of owner: String = Key.owner, at place: SourcePlace? = nil,
    isComplete: Bool = true, _ found: inout DiagnosticCollector
  ) {
    guard let all = node.entries(&found) else { return nil }
    var entries: [Key: Node.Entry] = [:]
    for entry in all {
      if let key = Key(rawValue: entry.key) {
        entries[key] = entry
      } else if !Key.isExtension(entry.key) {
        let current = Key.current(entry.key)
        found.report(
          .unknownKey(
            entry, of: owner, known: Key.allCases.map(\.rawValue), current: current?.rawValue))
        // Mistakes in its value are reported as well.
        if let key = current {
          entries[key] = entries[key] ?? entry
        }
      }
    }
    self.owner = owner
    self.place = place ?? node.place
    self.entries = entries
    self.isComplete = isComplete
  }

  /// The value of a key, nil if it is missing.
  package subscript(key: Key) -> Node? { entries[key]?.value }

  /// A key with its value, nil if it is missing.
  package func entry(_ key: Key) -> Node.Entry? { entries[key] }

  /// The value of a key; its absence is reported.
  package func required(_ key: Key, _ found: inout DiagnosticCollector) -> Node? {
    requiredEntry(key, &found)?.value
  }

  /// A key with its value; its absence is reported.
  package func requiredEntry(_ key: Key, _ found: inout DiagnosticCollector) -> Node.Entry? {
    guard let entry = entries[key] else {
      if isComplete { found.report(.missingKey(key.rawValue, of: owner, at: place)) }
      return nil
    }
    return entry
  }

  /// The only one of these keys that is present; none or several are reported.
  package func exactlyOne(
    of keys: Key..., reporting found: inout DiagnosticCollector
  ) -> (key: Key, value: Node)? {
    let given = keys.filter { entries[$0] != nil }
    guard given.count == 1, let key = given.first, let value = self[key] else {
      found.report(
        .notExactlyOne(
          of: keys.map(\.rawValue), given: given.map(\.rawValue), in: owner, at: place))
      return nil
    }
    return (key, value)
  }
}
