import Diagnostics
package import Fleet

/// An invalid value in a file that was read, with its place such as `hosts.app-1.release.number`.
package struct StateMistake: Error, Hashable, Sendable, CustomStringConvertible {
  /// Empty for the document itself.
  package var place: String
  package var why: String

  package var description: String { place.isEmpty ? why : "\(place): \(why)" }
}

/// A place in a document, given by the keys that lead to it, with checks of the value there.
package struct ValuePlace {
  /// The keys that lead to the place. Their text is made for mistakes only: a large state has a million values.
  private indirect enum Path: Sendable {
    case root
    case below(Path, any CustomStringConvertible & Sendable)

    /// Keys may come from the file and are displayed, so deceptive characters in them are escaped.
    var text: String {
      guard case .below(let parent, let key) = self else { return "" }
      let (start, end) = (parent.text, HostText(key.description, limit: 200).text)
      return start.isEmpty ? end : "\(start).\(end)"
    }
  }

  private let path: Path

  /// The most entries of a dictionary; a fleet has fewer hosts by far.
  static let mostEntries = 100_000

  package static let root = ValuePlace(path: .root)

  private init(path: Path) { self.path = path }

  /// The place below a key.
  package func at(_ key: some CustomStringConvertible & Sendable) -> ValuePlace {
    ValuePlace(path: .below(path, key))
  }

  package func mistake(_ why: String) -> StateMistake {
    StateMistake(place: path.text, why: why)
  }

  static func tooMany(_ count: Int, most: Int = mostEntries) -> String {
    "it has \(count) entries, more than the \(most) that are allowed"
  }

  package func check(_ text: String, is rule: TextRule) throws(StateMistake) {
    guard rule.accepts(text) else {
      throw mistake("\"\(HostText(text, limit: 100))\" is not \(rule.description)")
    }
  }

  package func check(_ texts: [String], are rule: TextRule) throws(StateMistake) {
    for (index, text) in texts.enumerated() { try at(index).check(text, is: rule) }
  }

  package func check<Number: BinaryInteger>(
    _ number: Number, in range: ClosedRange<Number>
  ) throws(StateMistake) {
    guard range.contains(number) else {
      throw mistake("\(number) is not within \(range.lowerBound) and \(range.upperBound)")
    }
  }

  /// Checks the keys of a dictionary and each of its values, in order.
  package func check<Value>(
    _ values: [String: Value], keys: TextRule, most: Int = mostEntries,
    each: (ValuePlace, Value) throws(StateMistake) -> Void
  ) throws(StateMistake) {
    try check(values, most: most) { key, place throws(StateMistake) in
      guard keys.accepts(key) else { throw place.mistake("its key is not \(keys.description)") }
    } each: { place, value throws(StateMistake) in
      try each(place, value)
    }
  }

  /// Checks each value of a dictionary by host, in order.
  package func check<Value>(
    _ values: [HostName: Value], most: Int = mostEntries,
    each: (ValuePlace, Value) throws(StateMistake) -> Void
  ) throws(StateMistake) {
    try check(values, most: most, key: { _, _ in }, each: each)
  }

  private func check<Key: Comparable & CustomStringConvertible & Sendable, Value>(
    _ values: [Key: Value], most: Int, key: (Key, ValuePlace) throws(StateMistake) -> Void,
    each: (ValuePlace, Value) throws(StateMistake) -> Void
  ) throws(StateMistake) {
    guard values.count <= most else {
      throw mistake(Self.tooMany(values.count, most: most))
    }
    for (name, value) in values.sorted(by: { $0.key < $1.key }) {
      let place = at(name)
      try key(name, place)
      try each(place, value)
    }
  }

  package func check<Value>(
    _ values: [Value], each: (ValuePlace, Value) throws(StateMistake) -> Void
  ) throws(StateMistake) {
    for (index, value) in values.enumerated() { try each(at(index), value) }
  }
}

extension DecodingError {
  /// The place and the reason of an error of a JSON decoder.
  ///
  /// - Parameter ignored: keys before the document itself.
  package func mistake(below ignored: Int = 0) -> StateMistake {
    func mistake(_ context: Context, _ why: String) -> StateMistake {
      var place = ValuePlace.root
      for key in context.codingPath.dropFirst(ignored) {
        place = key.intValue.map { place.at($0) } ?? place.at(key.stringValue)
      }
      return place.mistake(HostText(why, limit: 300).text)
    }
    switch self {
    case .keyNotFound(let key, let context):
      return mistake(context, "it has no \(key.stringValue)")
    case .typeMismatch(let type, let context):
      return mistake(context, "it is not \(Self.noun(for: type))")
    case .valueNotFound(let type, let context):
      return mistake(context, "it is null, not \(Self.noun(for: type))")
    case .dataCorrupted(let context):
      return mistake(context, Self.readable(context.debugDescription))
    @unknown default: return StateMistake(place: "", why: HostText("\(self)").text)
    }
  }

  /// What JSON calls the values of a type.
  private static func noun(for type: Any.Type) -> String {
    switch type {
    case is any BinaryInteger.Type: "a whole number"
    case is Bool.Type: "true or false"
    case is String.Type: "a string"
    case is [Any].Type: "an array"
    default: "an object"
    }
  }

  /// The decoder's text about a value that an enumeration does not have, without names of types.
  private static func readable(_ text: String) -> String {
    let parts = text.split(separator: " from invalid String value ", maxSplits: 1)
    return parts.count == 2 ? "\"\(parts[1])\" is not a possible value" : text
  }
}
