import CAStore
package import Execution
import Planning
import State

/// Issues new keys and certificates for hosts, or continues a rotation that was interrupted
/// (`deploy rotate certificates`).
package struct RotateCertificates {
  private let run: FleetRun

  /// - Parameter run: its scope says which roles are renewed.
  package init(_ run: FleetRun) { self.run = run }

  /// - Parameter startOver: whether hosts that an interrupted rotation has completed get new ones
  ///   again.
  package func rotate(startOver: Bool) async throws -> Summary {
    try await run.whileLocked(for: "rotate certificates") { flow in
      var state = await flow.keeper.state
      try run.ca.folder.refuseWithoutCA(state)
      let survey = try await run.surveyor.survey(flow.hosts, &state)
      begin(&state, survey, startOver: startOver)
      await flow.keeper.hold(state)
      let summary = try await flow.carryOut(run.planner.plan(survey, state))
      state = await flow.keeper.state
      if state.rotation?.progress(in: state).left == 0 {
        state.rotation = nil
        try await flow.keeper.save(state)
      }
      return summary
    }
  }

  /// Records the certificates to replace in the state. If that continues an earlier rotation, the
  /// user is informed about its progress.
  private func begin(_ state: inout FleetState, _ survey: Survey, startOver: Bool) {
    let selected = run.surveyor.hosts(state).map(\.name)
    guard
      let earlier = state.beginRotation(
        of: run.scope.renews, on: selected, survey, startOver: startOver, at: .current)
    else { return }
    let (all, left) = earlier.progress(in: state, survey)
    run.interaction.inform(
      "Continuing the rotation of \(earlier.startedAt), which has replaced \(all - left) of \(all)"
        + " certificates. To replace those again, add --start-over.")
  }
}
