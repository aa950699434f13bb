package import Diagnostics

/// One mapping made of those in several files.
///
/// Mappings that stand below the same key are joined too, but no deeper: each of their entries is in one file, like any
/// other value at the top.
package struct JoinedMapping {
  private var entries: [Node.Entry] = []
  private var positions: [String: Int] = [:]
  /// The entries below a key whose value is a mapping, and where each of them is written.
  private var below: [String: (entries: [Node.Entry], places: [String: SourcePlace])] = [:]

  package init() {}

  /// Adds the entries of a file. An entry that another file has is reported.
  package mutating func add(_ more: [Node.Entry], _ found: inout DiagnosticCollector) {
    for entry in more {
      guard let position = positions[entry.key] else {
        positions[entry.key] = entries.count
        entries.append(entry)
        if case .mapping(let inner) = entry.value.content {
          let places = Dictionary(inner.map { ($0.key, $0.place) }) { first, _ in first }
          below[entry.key] = (inner, places)
        }
        continue
      }
      guard case .mapping(let inner) = entry.value.content, below[entry.key] != nil else {
        found.report(
          .duplicateKey(entry.key, at: entry.place, first: entries[position].place))
        continue
      }
      for entry in inner { add(entry, below: entries[position].key, &found) }
    }
  }

  private mutating func add(
    _ entry: Node.Entry, below key: String, _ found: inout DiagnosticCollector
  ) {
    if let first = below[key]?.places[entry.key] {
      found.report(.duplicateKey(entry.key, at: entry.place, first: first))
    } else {
      below[key]?.places[entry.key] = entry.place
      below[key]?.entries.append(entry)
    }
  }

  /// The entries of all files, in the order in which they were added.
  package var joined: [Node.Entry] {
    entries.map { entry in
      var entry = entry
      if let inner = below[entry.key] { entry.value.content = .mapping(inner.entries) }
      return entry
    }
  }
}

extension Node {
  /// Keys, values and collections, including the node.
  package var count: Int {
    switch content {
    case .scalar: 1
    case .sequence(let elements): elements.reduce(1) { $0 + $1.count }
    case .mapping(let entries): entries.reduce(1) { $0 + 1 + $1.value.count }
    }
  }
}
