package import Diagnostics

/// The kinds of invalid YAML value in inventories and playbooks; the raw value is the headline.
package enum ReadingMistake: String, CaseIterable, Sendable {
  case wrongType = "Wrong type"
  case unknownKey = "Unknown key"
  case missingKey = "Missing key"
  case invalidValue = "Invalid value"
  case outOfRange = "Number out of range"
  case unknownChoice = "Unknown value"
  case emptyList = "Empty list"
  case notExactlyOne = "Exactly one of several keys"
}

extension Diagnostic {
  private init(
    _ mistake: ReadingMistake, at place: SourcePlace, _ detail: String, suggestion: String? = nil
  ) {
    self.init(.error, mistake.rawValue, at: place, detail: detail, suggestion: suggestion)
  }

  /// A mistake in the written text; adds a hint about a hidden character in it.
  private init(
    _ mistake: ReadingMistake, of text: String, at place: SourcePlace, _ detail: String,
    suggestion: String? = nil
  ) {
    self.init(
      mistake, at: place, [detail, text.hiddenCharacter].compactMap(\.self).joined(separator: " "),
      suggestion: suggestion)
  }

  /// Reports a value of another type than its key needs.
  ///
  /// - Parameters:
  ///   - expected: a noun with its article, such as "a mapping".
  ///   - remedy: what to do, as a whole sentence.
  package static func wrongType(
    _ node: Node, expected: String, remedy: String? = nil, suggestion: String? = nil
  ) -> Diagnostic {
    Diagnostic(
      .wrongType, at: node.place,
      "expected \(expected), found \(node.kind)." + (remedy.map { " \($0)" } ?? ""),
      suggestion: suggestion)
  }

  /// Reports a key that the mapping does not have, with the current name of a key of an earlier
  /// version, or the most similar known key.
  static func unknownKey(
    _ entry: Node.Entry, of owner: String, known: [String], current: String?
  ) -> Diagnostic {
    if let current {
      return Diagnostic(
        .unknownKey, of: entry.key, at: entry.place,
        "The key \(entry.key.quoted) is now called \(current.quoted).")
    }
    return Diagnostic(
      .unknownKey, of: entry.key, at: entry.place,
      "\(entry.key.quoted) is not a key of \(owner), which has: \(known.joined(separator: ", ")).",
      suggestion: Suggestion.nearest(to: entry.key, among: known))
  }

  /// Reports a mapping without a required key.
  static func missingKey(_ key: String, of owner: String, at place: SourcePlace) -> Diagnostic {
    Diagnostic(.missingKey, at: place, "\(owner.capitalizedFirst) needs the key \(key.quoted).")
  }

  /// Reports a text that does not have the form that its key needs.
  ///
  /// - Parameters:
  ///   - noun: what the text should be, with its article, such as "a port".
  ///   - rule: what is allowed, as the end of a sentence after "which is".
  package static func invalidValue(
    _ text: String, noun: String, rule: String, at place: SourcePlace, suggestion: String? = nil
  ) -> Diagnostic {
    Diagnostic(
      .invalidValue, of: text, at: place,
      "\(text.quoted) is not \(noun), which is \(rule).",
      suggestion: suggestion)
  }

  /// Reports a whole number that is too small or too large.
  static func outOfRange(
    _ text: String, _ range: ClosedRange<Int>, at place: SourcePlace
  ) -> Diagnostic {
    let bounds =
      range.upperBound == .max
      ? "of at least \(range.lowerBound)" : "from \(range.lowerBound) to \(range.upperBound)"
    return Diagnostic(.outOfRange, at: place, "\(text.quoted) is not a whole number \(bounds).")
  }

  /// Reports a text that is not one of the known values, with its current name if it is a word of
  /// version 0.1.0, or the most similar known value.
  static func unknownChoice(
    _ text: String, known: [String], at place: SourcePlace
  ) -> Diagnostic {
    if let current = EarlierNames.current(text, among: known) {
      return Diagnostic(
        .unknownChoice, of: text, at: place,
        "\(text.quoted) is now called \(current.quoted).")
    }
    return Diagnostic(
      .unknownChoice, of: text, at: place,
      "\(text.quoted) is not one of the possible values: \(known.joined(separator: ", ")).",
      suggestion: Suggestion.nearest(to: text, among: known))
  }

  /// Reports a list without elements.
  ///
  /// - Parameter reason: what that would mean or what to do instead, as a whole sentence.
  package static func emptyList(at place: SourcePlace, reason: String) -> Diagnostic {
    Diagnostic(.emptyList, at: place, reason)
  }

  /// Reports a mapping that has none of the alternative keys, or several of them.
  static func notExactlyOne(
    of keys: [String], given: [String], in owner: String, at place: SourcePlace
  ) -> Diagnostic {
    let choice = keys.joined(separator: ", ")
    let count = given.isEmpty ? "none is given" : "given are: " + given.joined(separator: ", ")
    return Diagnostic(
      .notExactlyOne, at: place,
      "\(owner.capitalizedFirst) needs exactly one of the keys \(choice); \(count).")
  }
}

extension String {
  fileprivate var capitalizedFirst: String { prefix(1).uppercased() + dropFirst() }
}
