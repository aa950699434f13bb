package import Execution
import Planning
import State

/// Brings the hosts to what the inventory declares.
package struct ApplyPlan {
  private let run: FleetRun

  package init(_ run: FleetRun) { self.run = run }

  /// - Returns: how each host ended; the user has seen it.
  package func apply() async throws -> Summary {
    let saved = run.scope.saved
    return try await run.whileLocked(for: "apply") { flow in
      var state = await flow.keeper.state
      try saved?.check(
        against: state, run.workspace.statePath, inventory: run.workspace.inventoryPath,
        now: .current)
      let (plan, survey) = try await run.surveyAndPlan(
        flow.hosts, &state, asOf: saved?.approved.madeAt)
      await flow.keeper.hold(state)
      return try await flow.carryOut(
        restricted(plan, survey, caGenerations: state.caGenerations))
    }
  }

  /// A plan made now, without the hosts for which it is not what a saved plan has.
  private func restricted(
    _ plan: Plan, _ survey: Survey, caGenerations: [CAGeneration]
  ) throws -> Plan {
    guard let saved = run.scope.saved else { return plan }
    let now = SavedPlan(plan, survey, of: run, caGenerations: caGenerations).approved
    if let difference = saved.approved.difference(of: now) {
      throw Failure(.failed, "\(difference). Nothing was touched")
    }
    return plan.restricted(to: saved.approved, as: now)
  }
}
