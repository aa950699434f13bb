package import State

/// Where the runs of a fleet are remembered. ``StoredRunHistory`` is the implementation.
package protocol RunHistory: Sendable {
  /// Records that a run has begun. Returns when that survives a power failure.
  func begin(_ start: RunStart) async throws

  /// Records what the user has approved.
  func plan(_ plan: RunPlan, of run: RunID) async throws

  /// Records how a run has ended.
  func end(_ run: RunID, _ end: RunEnd) async throws

  /// The runs, newest first.
  ///
  /// - Parameter limit: how many are returned at most; nil for all.
  func runs(newest limit: Int?) async throws -> RunList

  /// The runs that a user may mean (``RunID/matches(_:)``), newest first.
  func runs(matching text: String) async throws -> RunList

  /// What the history is called in messages, such as a path.
  var name: String { get }
}

/// Runs as a history has them.
package struct RunList: Sendable {
  package var runs: [RunRecord]
  /// What could not be read and why, one sentence each.
  package var skipped: [String]

  package init(runs: [RunRecord], skipped: [String] = []) {
    self.runs = runs
    self.skipped = skipped
  }
}
