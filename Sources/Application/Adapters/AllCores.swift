import Files
import Planning

/// Plans hosts on all cores of the machine at the same time.
package struct AllCores: Parallelism {
  package init() {}

  package func map<Element: Sendable, Result: Sendable>(
    _ elements: [Element], _ transform: @Sendable (Element) -> Result
  ) -> [Result] {
    Cores.map(elements, transform)
  }
}
