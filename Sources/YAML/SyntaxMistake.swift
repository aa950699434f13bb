internal import Diagnostics

/// The kinds of mistake that make a text unreadable, whatever its values mean; the raw value is the
/// headline.
package enum SyntaxMistake: String, CaseIterable, Sendable {
  case tooLarge = "File too large"
  case notUTF8 = "File not in UTF-8"
  case lineSeparator = "Unusual line separator"
  case syntax = "YAML syntax error"
  case empty = "Empty file"
  case severalDocuments = "More than one document"
  case tag = "Tags are not allowed"
  case unknownAlias = "Unknown alias"
  case tooDeep = "Nested too deeply"
  case tooManyNodes = "Too many values"
  case keyNotText = "Key that is not text"
  case duplicateKey = "Duplicate key"
  case badMerge = "Merge of something other than mappings"
}

extension Diagnostic {
  private init(
    _ mistake: SyntaxMistake, at place: SourcePlace?, _ detail: String, suggestion: String? = nil
  ) {
    self.init(.error, mistake.rawValue, at: place, detail: detail, suggestion: suggestion)
  }

  static func tooLarge(_ source: SourceText, limit: Int) -> Diagnostic {
    Diagnostic(
      .tooLarge, at: SourcePlace(file: source.file, line: 1, column: 1),
      "The file has \(source.bytes.count) bytes; the limit is \(limit).")
  }

  static func notUTF8(at place: SourcePlace) -> Diagnostic {
    Diagnostic(
      .notUTF8, at: place, "The bytes here are not UTF-8. Save the file in UTF-8 encoding.")
  }

  /// Reports a character that is a line break in YAML 1.1, but not in YAML 1.2.
  static func lineSeparator(_ scalar: Unicode.Scalar, at place: SourcePlace) -> Diagnostic {
    Diagnostic(
      .lineSeparator, at: place,
      "The character \(scalar.codePoint) ends a line for some YAML readers and not for others. "
        + "Start a new line, or remove it.")
  }

  /// Reports an error of libyaml in its own words, with a hint about a hidden character in the
  /// line.
  static func syntax(_ failure: SyntaxFailure, in source: SourceText) -> Diagnostic {
    var words = failure.problem
    if let context = failure.context {
      words += ", \(context.text)"
      if context.line != failure.place?.line { words += " that began in line \(context.line)" }
    }
    let place = failure.place ?? SourcePlace(file: source.file, line: 1, column: 1)
    let lines = source.lines
    let line =
      lines.indices.contains(place.line - 1)
      ? String(String.UnicodeScalarView(lines[place.line - 1])) : ""
    return Diagnostic(
      .syntax, at: place,
      ["libyaml says: \(words).", line.hiddenCharacter].compactMap(\.self).joined(separator: " "))
  }

  static func empty(_ source: SourceText) -> Diagnostic {
    Diagnostic(
      .empty, at: SourcePlace(file: source.file, line: 1, column: 1),
      "The file contains only white space or comments.")
  }

  static func severalDocuments(at place: SourcePlace) -> Diagnostic {
    Diagnostic(
      .severalDocuments, at: place,
      "A second document begins here. Keep one document in the file, and move the other to another file."
    )
  }

  /// Reports a tag such as `!!str`, which would change the type of a value.
  static func tag(_ tag: String, at place: SourcePlace) -> Diagnostic {
    Diagnostic(
      .tag, at: place,
      "The tag \(tag.quoted) would give the value another type. Remove it; "
        + "to make a value text, put it in quotes.")
  }

  /// Reports an alias before or without its anchor.
  ///
  /// - Parameter suggestion: the most similar anchor.
  static func unknownAlias(
    _ name: String, at place: SourcePlace, suggestion: String?
  ) -> Diagnostic {
    Diagnostic(
      .unknownAlias, at: place,
      "No value that is complete at this point has the anchor \("&\(name)".quoted).",
      suggestion: suggestion.map { "*\($0)" })
  }

  static func tooDeep(at place: SourcePlace, limit: Int) -> Diagnostic {
    Diagnostic(
      .tooDeep, at: place, "Lists and mappings may be nested at most \(limit) deep.")
  }

  /// Reports a document with more keys and values than the limit, including those that aliases
  /// repeat.
  static func tooManyNodes(at place: SourcePlace, limit: Int) -> Diagnostic {
    Diagnostic(
      .tooManyNodes, at: place,
      "With aliases expanded, the file has more than \(limit) keys and values.")
  }

  static func keyNotText(at place: SourcePlace) -> Diagnostic {
    Diagnostic(.keyNotText, at: place, "A list or a mapping cannot be the key of a mapping.")
  }

  /// Reports a key that occurs twice in a mapping; `first` is the place of the first one.
  static func duplicateKey(
    _ key: String, at place: SourcePlace, first: SourcePlace
  ) -> Diagnostic {
    Diagnostic(
      .duplicateKey, at: place,
      "\(key.quoted) is already set at \(first). Only one of the two can apply; remove one.")
  }

  /// Reports a merge key `<<` whose value is neither a mapping nor a list of mappings.
  static func badMerge(at place: SourcePlace) -> Diagnostic {
    Diagnostic(
      .badMerge, at: place,
      "The key \("<<".quoted) copies the entries of a mapping, or of each mapping in a list.")
  }
}
