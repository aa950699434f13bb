import CAStore
package import Execution
import Planning
import State

/// Changes the hosts to what the inventory declares: makes a plan, asks the user and carries it out
/// (`deploy apply`).
package struct ApplyPlan {
  private let run: FleetRun

  package init(_ run: FleetRun) { self.run = run }

  /// - Returns: the result of each host, which has been shown to the user.
  package func apply() async throws -> Summary {
    let saved = run.scope.saved
    return try await run.whileLocked(for: "apply", reserving: .scope) { flow in
      var state = await flow.keeper.state
      try saved?.check(
        against: state, run.workspace.statePlace, inventory: run.workspace.inventoryPath,
        now: .current)
      try run.ca.folder.refuseWithoutCA(state)
      let accounts = ACMEAccounts(run)
      try await accounts.makeKeys()
      var ordered = try OrderedMaterials(run.workspace)
      if run.scope.ordersCertificates { try await ordered.refresh(run.ownSites) }
      let (plan, survey) = try await run.surveyAndPlan(
        flow.hosts, &state, asOf: saved?.approved.madeAt, ordered)
      await flow.keeper.hold(state)
      return try await OrderedRollout(
        flow: flow, accounts: accounts, asOf: saved?.approved.madeAt
      ).carryOut(
        restricted(plan, survey, caGenerations: state.caGenerations), survey)
    }
  }

  /// A new plan, without the hosts for which it differs from the saved plan.
  private func restricted(
    _ plan: Plan, _ survey: Survey, caGenerations: [CAGeneration]
  ) throws -> Plan {
    guard let saved = run.scope.saved else { return plan }
    let now = SavedPlan(plan, survey, of: run, caGenerations: caGenerations).approved
    if let difference = saved.approved.difference(of: now) {
      throw Failure(.failed, difference)
    }
    return plan.restricted(to: saved.approved, as: now)
  }
}
