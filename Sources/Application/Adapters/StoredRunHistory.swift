import Files
import State
import StateStores

/// The history of runs in the store of the fleet's state.
struct StoredRunHistory: RunHistory {
  let log: any HistoryLog

  var name: String { log.name }

  func begin(_ start: RunStart) async throws { try await append(.begun(start)) }

  func plan(_ plan: RunPlan, of run: RunID) async throws { try await append(.planned(run, plan)) }

  func end(_ run: RunID, _ end: RunEnd) async throws { try await append(.ended(run, end)) }

  func runs(newest limit: Int?) async throws -> RunList {
    let content = try await onItsOwnThread { [log] in try log.read() }
    let runs = RunRecord.all(of: content.entries)
    return RunList(runs: Array(runs.prefix(limit ?? runs.count)), skipped: content.skipped)
  }

  func runs(matching text: String) async throws -> RunList {
    let all = try await runs(newest: nil)
    return RunList(runs: all.runs.filter { $0.id.matches(text) }, skipped: all.skipped)
  }

  private func append(_ entry: RunEntry) async throws {
    try await onItsOwnThread { [log] in try log.append(entry) }
  }
}
