package import State

/// A run of the history, as metrics and reports show it.
package struct RecentRun: Hashable, Sendable {
  /// How a run ended.
  package enum Outcome: String, Hashable, Sendable, CaseIterable {
    case succeeded, failed, running
    /// The run has no end: it was killed, or nothing is known.
    case unfinished
  }

  package let record: RunRecord
  package let outcome: Outcome

  /// - Parameter standing: what is known of a run that has no end.
  package init(_ record: RunRecord, _ standing: RunStanding) {
    self.record = record
    outcome =
      if let end = record.end {
        end.exit == 0 ? .succeeded : .failed
      } else {
        standing == .running ? .running : .unfinished
      }
  }
}
