internal import Dispatch
internal import FoundationEssentials

/// Computes on all cores of the machine at the same time.
package enum Cores {
  /// As many as compute at the same time.
  package static var count: Int { ProcessInfo.processInfo.activeProcessorCount }

  /// What each element becomes, in their order; returns when all are done.
  package static func map<Element: Sendable, Result: Sendable>(
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
