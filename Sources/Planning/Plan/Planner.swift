import Fleet
import Inventories
import Nginx
import Playbooks
import State

/// Makes plans, as a pure function of their input.
package enum Planner {
  package static func plan(_ input: PlanningInput) -> Plan {
    let facts = input.desired.inventory.hosts.map {
      HostFacts($0, input.observed.survey, in: input.desired.inventory)
    }
    let fleet = PlannedFleet(input, facts)
    let sequencer = ChangeSequencer(
      fleet.changes, caGenerations: Set(input.state.caGenerations.map(\.keyIdentifier)),
      at: input.now)
    let hosts = fleet.plans(sequencer)
    let steps = hosts.flatMap(\.plannedSteps)
    var plan = Plan(
      fleet: input.state.fleet, lineage: input.state.lineage, serial: input.state.serial,
      madeAt: input.now, hosts: hosts,
      stages: stages(of: steps, sequencer, input.desired.playbook.rollout),
      maxFailures: input.desired.playbook.rollout.maxFailures,
      pause: input.desired.playbook.rollout.pause.seconds,
      confirmWithin: input.desired.playbook.rollout.confirmWithin.seconds,
      keepReleases: input.desired.inventory.keepReleases,
      warnings: Warnings.all(input, facts) + fleet.warnings + waits(steps))
    plan.revoked = fleet.changes.filter(\.isRevoked).map(\.name)
    plan.follow(input.desired.playbook)
    return plan
  }

  private static func stages(
    of steps: [PlannedStep], _ sequencer: ChangeSequencer, _ rollout: Playbook.Rollout
  ) -> [Stage] {
    let changing = Dictionary(grouping: steps, by: \.stage)
    return sequencer.stages.enumerated().map { position, phases in
      let members = changing[position] ?? []
      let onlyRemoves = members.allSatisfy { $0.goal == .removed }
      return Stage(
        name: onlyRemoves ? "removals" : title(of: phases, members),
        batches: rollout.batches(of: members.map(\.host).sorted()))
    }
  }

  /// The phases of a stage by name; "hosts" if not all of its hosts have the role that its only phase
  /// is named after.
  private static func title(
    of phases: [TransitionState.Phase], _ members: [PlannedStep]
  ) -> String {
    let role: Role? =
      switch phases {
      case [.serve]: .backEnd
      case [.use]: .frontEnd
      default: nil
      }
    if let role, !members.allSatisfy({ $0.roles.roles.contains(role) }) { return "hosts" }
    return phases.map(\.name).joined(separator: " and ")
  }

  /// Warnings about hosts that this run cannot complete.
  private static func waits(_ steps: [PlannedStep]) -> [String] {
    steps.compactMap { step in
      let missing = step.needs.filter { $0.goal == nil }.map(\.host).sorted()
      guard !missing.isEmpty else { return nil }
      return "\(step.host) waits for \(missing.joined(separator: ", ")), which this run does not"
        + " change: an edge between them would break"
    }
  }
}

extension Plan {
  /// Applies the settings of a playbook that do not concern order and batches.
  mutating func follow(_ playbook: Playbook) {
    revertsAll = playbook.rollout.onFailure == .revertAll
    verifiesEdges = playbook.rollout.verification == .edges
    hooks = PlannedHooks(playbook.hooks)
  }
}
