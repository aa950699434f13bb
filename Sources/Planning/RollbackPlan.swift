package import State

extension Planner {
  /// Why a host cannot go back.
  package struct NoRelease: Error, Hashable, CustomStringConvertible {
    package var description: String
  }

  /// A plan that puts releases in force that the hosts still have.
  ///
  /// - Parameter number: the release; nil for the one before the one in force.
  package static func rollback(
    of hosts: [String], to number: Int?, like plan: Plan, survey: Survey
  ) throws(NoRelease) -> Plan {
    var steps: [HostStep] = []
    for step in plan.steps where hosts.contains(step.host) {
      guard case .observed(let observation) = survey[step.host], !step.action.leavesHostOut else {
        steps.append(step)
        continue
      }
      steps.append(try self.step(step, to: number, observation))
    }
    var rollback = plan
    rollback.steps = steps
    rollback.stages = [
      Stage(name: "rollback", batches: steps.filter(\.action.changesHost).map { [$0.host] })
    ].filter { !$0.batches.isEmpty }
    return rollback
  }

  private static func step(
    _ step: HostStep, to number: Int?, _ observation: HostObservation
  ) throws(NoRelease) -> HostStep {
    let current = observation.currentRelease ?? 0
    let others = observation.keptReleases.filter { $0 != current }.sorted()
    let kept =
      others.isEmpty
      ? "it has no other" : "it has \(others.map(String.init).joined(separator: ", "))"
    guard let release = number ?? others.last(where: { $0 < current }) else {
      throw NoRelease(
        description: "\(step.host) has no release before release \(current): \(kept)")
    }
    guard others.contains(release) else {
      throw NoRelease(
        description: release == current
          ? "\(step.host) is at release \(release) already"
          : "\(step.host) does not have release \(release) any more: \(kept)")
    }
    return HostStep(
      host: step.host, connection: step.connection, roles: step.roles, action: .restore,
      reasons: ["rollback from release \(current)"], release: release,
      expected: observation.fingerprint, present: step.present, ports: [])
  }
}
