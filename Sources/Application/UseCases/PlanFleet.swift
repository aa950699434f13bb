import CAStore
package import Planning
package import State

/// Makes a plan and changes nothing (`deploy plan`).
package struct PlanFleet {
  /// A plan, with what is needed to show it and to save it.
  package struct Proposal {
    package let plan: Plan
    package let caGenerations: [CAGeneration]
    /// The names of the hosts that the inventory or the state has, but not the scope.
    package let excludedHosts: Set<String>
    private let survey: Survey
    private let run: FleetRun

    fileprivate init(_ plan: Plan, _ survey: Survey, of run: FleetRun, _ state: FleetState) {
      (self.plan, self.survey, self.run) = (plan, survey, run)
      caGenerations = state.caGenerations
      excludedHosts = run.surveyor.excludedHosts(state)
    }

    /// What `deploy plan --out` writes, with the digests of all files.
    package var saved: SavedPlan {
      SavedPlan(plan, survey, of: run, caGenerations: caGenerations)
    }
  }

  private let run: FleetRun

  package init(_ run: FleetRun) { self.run = run }

  /// Makes the plan. It warns if this controller cannot sign releases.
  ///
  /// - Parameter isOffline: whether the plan is made from the state alone, without contacting
  ///   hosts.
  package func proposal(isOffline: Bool) async throws -> Proposal {
    var state = try run.states.read()
    var (plan, survey) =
      isOffline
      ? (try await run.planner.planOffline(state), [:])
      : try await run.withHosts(state) { try await run.surveyAndPlan($0, &state) }
    if plan.hasChanges, let why = try run.ca.folder.signingBlocker(for: state) {
      plan.warnings.append("an apply from this controller would stop: \(why)")
    }
    return Proposal(plan, survey, of: run, state)
  }
}
