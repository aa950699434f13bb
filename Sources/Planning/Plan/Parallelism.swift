/// How the work on many hosts is divided among the cores of the machine. The planner knows no threads:
/// its caller may bring them.
package protocol Parallelism: Sendable {
  /// The results of a function for each element, in the order of the elements; several may be computed at
  /// the same time.
  func map<Element: Sendable, Result: Sendable>(
    _ elements: [Element], _ transform: @Sendable (Element) -> Result
  ) -> [Result]
}

/// One element after the other.
package struct OneCore: Parallelism {
  package init() {}

  package func map<Element: Sendable, Result: Sendable>(
    _ elements: [Element], _ transform: @Sendable (Element) -> Result
  ) -> [Result] {
    elements.map(transform)
  }
}
