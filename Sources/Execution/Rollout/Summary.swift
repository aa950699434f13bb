package import Fleet

/// The results of all hosts of a run.
package struct Summary: Hashable, Sendable {
  /// The reason of a run that the user stopped.
  package static let interrupted = "interrupted"

  package var results: [HostName: HostResult]
  /// Why the run stopped early; nil if it did not.
  package var stopped: String?

  package init(results: [HostName: HostResult] = [:], stopped: String? = nil) {
    self.results = results
    self.stopped = stopped
  }

  package var isSuccess: Bool { stopped == nil && results.values.allSatisfy(\.isSuccess) }
}
