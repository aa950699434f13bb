package import Execution
package import Fleet
import Inventories
import Planning
import State

/// Switches hosts to an earlier release that they still have (`deploy rollback`).
package struct RollBack {
  private let run: FleetRun

  package init(_ run: FleetRun) { self.run = run }

  /// - Parameter number: the release to switch to; nil for the previous one.
  /// - Returns: the result of each host, which has been shown to the user.
  package func rollBack(to number: ReleaseNumber?) async throws -> Summary {
    try await run.whileLocked(for: "rollback") { flow in
      var state = await flow.keeper.state
      let survey = try await run.surveyor.survey(flow.hosts, &state)
      await flow.keeper.hold(state)
      var input = try run.planner.rollbackInput(to: number, survey, state)
      for (host, release) in try Planner.releases(toGoBackTo: input) {
        input.manifests[host.name] = try await flow.hosts.manifest(
          of: release, on: host.name, host.access)
      }
      return try await flow.carryOut(Planner.rollback(input))
    }
  }
}
