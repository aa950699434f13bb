/// Gathers the diagnostics of a file while it is read, so that all are reported at once.
///
/// Duplicates, as when two places use one anchor, are kept once.
package struct DiagnosticCollector: Hashable, Sendable {
  private var found: Set<Diagnostic> = []
  package private(set) var hasErrors = false

  package init() {}

  /// Adds a diagnostic, unless it was already reported.
  package mutating func report(_ diagnostic: Diagnostic) {
    found.insert(diagnostic)
    hasErrors = hasErrors || diagnostic.severity == .error
  }

  /// In the order of the places; those without a place come first.
  package var sorted: [Diagnostic] { found.sorted() }
}
