package import Fleet
package import Planning
package import Reports
package import State

/// Finds out what monitoring needs to know of a fleet (`deploy status --format openmetrics`): its hosts, what expires,
/// and its last runs.
package struct MonitorFleet {
  /// All of it, at one moment.
  package struct Findings: Sendable {
    package let state: FleetState
    package let status: FleetStatus
    /// Earliest first.
    package let expiries: [Expiry]
    /// The newest first.
    package let runs: [RecentRun]
  }

  /// The runs that are read: the newest one that succeeded is among them, unless many have failed since.
  private static let mostRuns = 100

  private let run: FleetRun

  package init(_ run: FleetRun) { self.run = run }

  /// - Parameters:
  ///   - isOffline: whether no host is contacted.
  ///   - now: the time from which days are counted.
  package func findings(isOffline: Bool, now: Timestamp) async throws -> Findings {
    // Reads files of the controller: one that is missing is reported before hosts are asked.
    let state = try run.states.read()
    let expiries = try ListExpiry(run).expiries(of: state, now: now)
    let survey = SurveyFleet(run)
    let status =
      isOffline
      ? try survey.recorded(state, now: now) : try await survey.report(state).status(now: now)
    return Findings(
      state: state, status: status, expiries: expiries, runs: try await runs())
  }

  private func runs() async throws -> [RecentRun] {
    try await ShowHistory(run.workspace, run.interaction).runs(atMost: Self.mostRuns).list
      .map { RecentRun($0.record, $0.standing) }
  }
}
