internal import Diagnostics

/// The entries of one mapping while it is read: its own, and those copied by `<<`.
struct MappingEntries {
  private var own: [Node.Entry] = []
  private var copied: [Node.Entry] = []
  /// Where each key is written, to report duplicates.
  private var places: [String: SourcePlace] = [:]

  /// Adds an entry; `place` is the place of the key, which for an alias is not that of its anchor.
  mutating func add(
    _ key: Node, _ value: Node, at place: SourcePlace, _ found: inout DiagnosticCollector
  ) {
    guard case .scalar(let scalar) = key.content else {
      found.report(.keyNotText(at: place))
      return
    }
    if let first = places.updateValue(place, forKey: scalar.text) {
      places[scalar.text] = first
      found.report(.duplicateKey(scalar.text, at: place, first: first))
    } else if scalar.isPlain, scalar.text == "<<" {
      copy(value, &found)
    } else {
      own.append(Node.Entry(key: scalar.text, place: place, value: value))
    }
  }

  /// Copies the entries of a mapping, or of each mapping in a list; reports any other value.
  private mutating func copy(_ value: Node, _ found: inout DiagnosticCollector) {
    switch value.content {
    case .mapping(let entries): copied += entries
    case .sequence(let nodes):
      for node in nodes {
        guard case .mapping(let entries) = node.content else {
          found.report(.badMerge(at: node.place))
          continue
        }
        copied += entries
      }
    case .scalar: found.report(.badMerge(at: value.place))
    }
  }

  /// Own entries override copied ones, and earlier copies override later ones.
  var merged: [Node.Entry] {
    var known = Set(own.map(\.key))
    return own + copied.filter { known.insert($0.key).inserted }
  }
}
