import CAStore
package import Execution
import Planning
import State

/// Renews what is due on the hosts, and changes nothing else of them (`deploy renew`).
package struct RenewFleet {
  private let run: FleetRun

  /// - Parameter run: its scope is limited to renewals.
  package init(_ run: FleetRun) { self.run = run }

  /// - Returns: the result of each host, which has been shown to the user.
  package func renew() async throws -> Summary {
    await RenewRanges(run.workspace, run.interaction).renew()
    let run = try run.withSavedRanges()
    return try await run.whileLocked(for: "renew", reserving: .scope) { flow in
      var state = await flow.keeper.state
      try run.ca.folder.refuseWithoutCA(state)
      var ordered = try OrderedMaterials(run.workspace, for: run.scope)
      try await ordered.refresh(run.ownSites)
      let (plan, survey) = try await run.surveyAndPlan(flow.hosts, &state, ordered)
      await flow.keeper.hold(state)
      return try await OrderedRollout(flow: flow, accounts: ACMEAccounts(run)).carryOut(
        plan, survey)
    }
  }
}
