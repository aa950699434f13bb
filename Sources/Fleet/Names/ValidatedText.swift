/// A value that is made only from valid text, so that nothing a user writes can be mistaken for
/// syntax.
package protocol ValidatedText: Hashable, Sendable, Comparable, CustomStringConvertible {
  var text: String { get }
  /// Returns nil if the text is not allowed.
  init?(_ text: String)
  /// What it is, with its article: "a host name".
  static var noun: String { get }
  /// What is allowed, as the end of a sentence: "a host name, which is …".
  static var rule: String { get }
  /// What was probably meant by a text that is not allowed; may itself not be allowed. Nil if unknown.
  static func repair(_ text: String) -> String?
  /// The same value for a reader to whom paths are relative to another folder; a text that is not a path stays as it is.
  func from(_ folder: String) -> Self
}

extension ValidatedText {
  package static func repair(_ text: String) -> String? {
    String(text.lowercased().map { $0 == "_" ? "-" : $0 })
  }

  package func from(_ folder: String) -> Self { self }

  package var description: String { text }

  package static func < (left: Self, right: Self) -> Bool { left.text < right.text }
}

extension Sequence where Element: ValidatedText {
  /// In the order of the texts' bytes, as everything that is stored or rendered is: files must not differ because
  /// names are shown in another order.
  package func sortedByText() -> [Element] { sorted { $0.text < $1.text } }

  /// The texts, with a separator between them.
  package func joined(separator: String) -> String {
    map(\.text).joined(separator: separator)
  }
}
