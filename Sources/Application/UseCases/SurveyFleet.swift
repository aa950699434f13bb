package import Fleet
import Planning
package import State

/// Asks the hosts what they are, and compares it with the state.
package struct SurveyFleet {
  /// What the hosts of a run say, beside what the state says.
  package struct Report {
    package let state: FleetState
    package let judged: JudgedSurvey
    package let hosts: [(name: HostName, connection: HostAccess)]
  }

  private let run: FleetRun

  package init(_ run: FleetRun) { self.run = run }

  /// Does not stop if this copy of the state is behind: the report says it.
  package func report() async throws -> Report {
    let state = try run.states.read()
    let judged = try await run.withHosts(state) { try await run.surveyor.judgedSurvey($0, state) }
    return Report(state: state, judged: judged, hosts: run.surveyor.hosts(state))
  }
}

/// Reads the state as a run sees it: with what the CA's folder has, and a new one if there is none.
package struct ReadState {
  private let run: FleetRun

  package init(_ run: FleetRun) { self.run = run }

  package func state() throws -> FleetState { try run.states.read() }
}
