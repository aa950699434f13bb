package import Fleet
import Planning
package import Reports
package import State

/// Surveys the hosts and compares them with the state (`deploy status`).
package struct SurveyFleet {
  /// What the hosts report, next to what the state says.
  package struct Report {
    package let state: FleetState
    package let judged: JudgedSurvey
    package let hosts: [(name: HostName, connection: HostAccess)]

    /// - Parameter now: the time from which days are counted.
    package func status(now: Timestamp) -> FleetStatus {
      FleetStatus(state, judged, hosts: hosts.map(\.name), now: now)
    }
  }

  private let run: FleetRun

  package init(_ run: FleetRun) { self.run = run }

  /// Does not stop if this copy of the state is outdated; the report says so.
  package func report() async throws -> Report { try await report(try run.states.read()) }

  /// The report about a state that was read already.
  func report(_ state: FleetState) async throws -> Report {
    let judged = try await run.withHosts(state) { try await run.surveyor.judgedSurvey($0, state) }
    return Report(state: state, judged: judged, hosts: run.surveyor.hosts(state))
  }
}

extension SurveyFleet {
  /// What the state has of the hosts, without contacting them.
  func recorded(_ state: FleetState, now: Timestamp) throws -> FleetStatus {
    try run.surveyor.refuseUnknownHosts(state)
    return FleetStatus(state, hosts: run.surveyor.hosts(state).map(\.name), now: now)
  }
}

/// Reads the state for `deploy state show`, and adds the CA generations of the CA's folder; a new
/// state if there is no state file.
package struct ReadState {
  private let run: FleetRun

  package init(_ run: FleetRun) { self.run = run }

  package func state() throws -> FleetState { try run.states.read() }
}
