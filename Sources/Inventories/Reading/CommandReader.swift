internal import Diagnostics
internal import YAML

extension Node {
  /// Reads a program that prints something, with its arguments: at least one word, and none empty.
  ///
  /// - Parameter output: what it prints, with its article, for the message.
  func commandWords(
    whichPrints output: String, _ found: inout DiagnosticCollector
  ) -> [String]? {
    commandWords(
      ifEmpty: "Name the program that prints \(output), and its words.", &found)
  }

  /// Reads a program with its arguments: at least one word, and none empty.
  ///
  /// - Parameter remedy: what to do about an empty list, as a sentence.
  func commandWords(
    ifEmpty remedy: String, _ found: inout DiagnosticCollector
  ) -> [String]? {
    guard let elements = elements(&found) else { return nil }
    guard !elements.isEmpty else {
      found.report(.emptyList(at: place, reason: remedy))
      return nil
    }
    return elements.compactMap { element in
      element.value(
        noun: "a word of a command", rule: "any text without the character NUL, but not empty",
        &found, parse: { $0.isEmpty || $0.unicodeScalars.contains("\0") ? nil : $0 })
    }
  }
}
