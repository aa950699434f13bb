package import State
package import StateStores

extension RunHistoryFile: RunHistory {
  package var name: String { path }

  package func begin(_ start: RunStart) throws { try append(.begun(start)) }

  package func plan(_ plan: RunPlan, of run: RunID) throws { try append(.planned(run, plan)) }

  package func end(_ run: RunID, _ end: RunEnd) throws { try append(.ended(run, end)) }

  package func runs(newest limit: Int?) throws -> RunList {
    let content = try read()
    let runs = RunRecord.all(of: content.entries)
    return RunList(runs: Array(runs.prefix(limit ?? runs.count)), skipped: content.skipped)
  }

  package func runs(matching text: String) throws -> RunList {
    let all = try runs(newest: nil)
    return RunList(runs: all.runs.filter { $0.id.matches(text) }, skipped: all.skipped)
  }
}
