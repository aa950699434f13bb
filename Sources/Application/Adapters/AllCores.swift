import Dispatch
import Planning

/// Plans hosts on all cores of the machine at the same time.
package struct AllCores: Parallelism {
  package init() {}

  package func map<Element: Sendable, Result: Sendable>(
    _ elements: [Element], _ transform: @Sendable (Element) -> Result
  ) -> [Result] {
    Array(unsafeUninitializedCapacity: elements.count) { buffer, count in
      // Each piece of work initializes its own element, and all are done when the call returns.
      nonisolated(unsafe) let results = buffer
      DispatchQueue.concurrentPerform(iterations: elements.count) { position in
        results.initializeElement(at: position, to: transform(elements[position]))
      }
      count = elements.count
    }
  }
}
