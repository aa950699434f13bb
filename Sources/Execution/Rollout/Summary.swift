package import Fleet

/// What became of every host of a run.
package struct Summary: Hashable, Sendable {
  /// Why a run stopped that the user stopped.
  package static let interrupted = "interrupted"

  package var results: [HostName: HostResult]
  /// What ended the run before its time.
  package var stopped: String?

  package init(results: [HostName: HostResult] = [:], stopped: String? = nil) {
    self.results = results
    self.stopped = stopped
  }

  package var isSuccess: Bool { stopped == nil && results.values.allSatisfy(\.isSuccess) }
}
