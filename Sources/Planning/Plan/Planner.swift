import Fleet
import Inventories
import Nginx
import Playbooks
import State

/// Makes plans, as a pure function of their input.
package enum Planner {
  package static func plan(_ input: PlanningInput) -> Plan {
    let context = PlanContext(input)
    let facts = context.map(context.inventory.hosts) { host in
      HostFacts(host, input.observed.survey, in: context.inventory)
    }
    let fleet = PlannedFleet(context, facts)
    let sequencer = ChangeSequencer(
      fleet.changes, caGenerations: Set(input.state.caGenerations.map(\.keyIdentifier)),
      at: input.now, on: input.cores)
    let hosts = fleet.plans(sequencer)
    var plan = Plan(
      fleet: input.state.fleet, lineage: input.state.lineage, serial: input.state.serial,
      madeAt: input.now, hosts: hosts,
      stages: stages(of: hosts, sequencer, input.desired.playbook.rollout),
      maxFailures: input.desired.playbook.rollout.maxFailures,
      pause: input.desired.playbook.rollout.pause.seconds,
      confirmWithin: input.desired.playbook.rollout.confirmWithin.seconds,
      keepReleases: context.inventory.keepReleases,
      warnings: Warnings.all(input, facts) + fleet.warnings + waits(hosts))
    plan.drained = DrainedBackEnds(input).hosts
    plan.maintenance = input.state.maintenance
    plan.revoked = fleet.changes.filter(\.isRevoked).map(\.name)
    plan.follow(input.desired.playbook)
    if input.request.orders { plan.orders = OrderReview(context, hosts).orders }
    return plan
  }

  /// A host that changes in a stage.
  private struct StageMember {
    let host: HostName
    let roles: HostRoles
    let isRemoved: Bool
  }

  /// - Parameter hosts: sorted by name.
  private static func stages(
    of hosts: [HostPlan], _ sequencer: ChangeSequencer, _ rollout: Playbook.Rollout
  ) -> [Stage] {
    var members = Array(repeating: [StageMember](), count: sequencer.stages.count)
    for host in hosts {
      for step in host.steps {
        members[step.stage].append(
          StageMember(host: host.host, roles: host.roles, isRemoved: step.goal == .removed))
      }
    }
    return zip(sequencer.stages, members).map { phases, members in
      Stage(
        name: members.allSatisfy(\.isRemoved) ? "removals" : title(of: phases, members),
        batches: rollout.batches(of: members.map(\.host)))
    }
  }

  /// The phases of a stage by name; "hosts" if not all of its hosts have the role that its only phase
  /// is named after.
  private static func title(
    of phases: [TransitionState.Phase], _ members: [StageMember]
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
  private static func waits(_ hosts: [HostPlan]) -> [String] {
    var order: [[HostName]] = []
    var waiting: [[HostName]: [HostName]] = [:]
    for host in hosts {
      for step in host.steps {
        let missing = step.needs.filter { $0.goal == nil }.map(\.host).sorted()
        guard !missing.isEmpty else { continue }
        if waiting[missing] == nil { order.append(missing) }
        waiting[missing, default: []].append(host.host)
      }
    }
    return order.map { missing in
      let hosts = waiting[missing] ?? []
      return
        "\(hosts.listed()) \(hosts.count == 1 ? "waits" : "wait") for \(missing.listed()), which"
        + " this run does not change: an edge between them would break"
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
