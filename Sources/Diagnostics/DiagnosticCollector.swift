/// Gathers what is found while a file is read, so that all of it can be said at once.
///
/// What is reported twice, as when two places use one anchor, is kept once.
package struct DiagnosticCollector: Hashable, Sendable {
  private var found: Set<Diagnostic> = []
  package private(set) var hasErrors = false

  package init() {}

  package mutating func report(_ diagnostic: Diagnostic) {
    found.insert(diagnostic)
    hasErrors = hasErrors || diagnostic.severity == .error
  }

  /// In the order of the places; what has no place comes first.
  package var sorted: [Diagnostic] { found.sorted() }
}
