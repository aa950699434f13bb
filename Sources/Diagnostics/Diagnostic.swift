/// One mistake or doubtful value in a user's file.
package struct Diagnostic: Hashable, Sendable {
  /// Whether a mistake stops the command or is only shown.
  package enum Severity: String, Hashable, Sendable, Comparable {
    case error
    case warning

    package static func < (left: Severity, right: Severity) -> Bool {
      left == .error && right == .warning
    }
  }

  package var severity: Severity
  /// Nil if the mistake has no line, as when a whole file is too large.
  package var place: SourcePlace?
  /// The kind of mistake: fixed words, without a name from the file.
  package var summary: String
  /// What is wrong here and why, in whole sentences.
  package var detail: String
  /// What to write instead, exactly as it is written in the file.
  package var suggestion: String?
  /// Whether the line has a secret, so that it is not shown.
  package var hidesLine = false

  package init(
    _ severity: Severity, _ summary: String, at place: SourcePlace?, detail: String,
    suggestion: String? = nil
  ) {
    self.severity = severity
    self.place = place
    self.summary = summary
    self.detail = detail
    self.suggestion = suggestion
  }
}

extension Diagnostic: Comparable {
  package static func < (left: Diagnostic, right: Diagnostic) -> Bool {
    if left.place != right.place {
      guard let first = left.place else { return true }
      guard let second = right.place else { return false }
      return first < second || (!(second < first) && first.length < second.length)
    }
    return (left.severity, left.summary, left.detail, left.suggestion ?? "")
      < (right.severity, right.summary, right.detail, right.suggestion ?? "")
  }
}
