package import Inventories
import Nginx
import Playbooks
package import State

/// Makes plans; the same input always gives the same plan.
package enum Planner {
  package static func plan(_ input: PlanningInput) -> Plan {
    let hosts = PlannedFleet(input)
    let choreography = Choreography(
      hosts.changes, authorities: Set(input.state.authorities.map(\.keyIdentifier)),
      at: input.now)
    let steps = hosts.steps(choreography)
    var plan = Plan(
      fleet: input.state.fleet, lineage: input.state.lineage, serial: input.state.serial,
      madeAt: input.now, steps: steps,
      stages: stages(of: steps, choreography, input.playbook.rollout),
      maxFailures: input.playbook.rollout.maxFailures, pause: input.playbook.rollout.pause.seconds,
      confirmWithin: input.playbook.rollout.confirmWithin.seconds,
      keepReleases: input.inventory.keepReleases,
      warnings: Warnings.all(input) + hosts.warnings + waits(steps))
    plan.follow(input.playbook)
    return plan
  }

  private static func stages(
    of steps: [HostStep], _ choreography: Choreography, _ rollout: Playbook.Rollout
  ) -> [Stage] {
    let changing = Dictionary(grouping: steps.filter(\.action.changesHost), by: \.stage)
    return choreography.stages.enumerated().map { position, phases in
      let members = changing[position] ?? []
      let onlyRemoves = members.allSatisfy { $0.action == .remove }
      return Stage(
        name: onlyRemoves ? "removals" : phases.map(\.name).joined(separator: " and "),
        batches: rollout.batches(of: members.map(\.host).sorted()))
    }
  }

  /// Hosts that this run cannot bring to their end.
  private static func waits(_ steps: [HostStep]) -> [String] {
    steps.compactMap { step in
      let missing = step.needs.filter { $0.release == nil }.map(\.host).sorted()
      guard !missing.isEmpty else { return nil }
      return "\(step.host) waits for \(missing.joined(separator: ", ")), which this run does not"
        + " change: an edge between them would break"
    }
  }
}

extension Plan {
  /// Takes over what a playbook says beside order and numbers.
  mutating func follow(_ playbook: Playbook) {
    revertsAll = playbook.rollout.onFailure == .revertAll
    verifiesEdges = playbook.rollout.verification == .edges
    hooks = PlannedHooks(playbook.hooks)
  }
}

extension Connection {
  package init(to host: Host) {
    self.init(
      address: host.address.description, port: Int(host.ssh.port.number),
      user: host.ssh.user.text, becomes: host.ssh.become == .sudo,
      identities: host.ssh.identities.map(\.text),
      knownHosts: host.ssh.knownHosts.text, options: SSHOptions(host.ssh))
    options.carriers = host.carrier.map { [SSHOptions.Carrier($0)] } ?? []
  }

  /// How a host was reached when it was last changed.
  package init(recordOf record: HostRecord, defaults: SSHSettings) {
    self.init(
      address: record.address, port: record.sshPort, user: record.sshUser,
      becomes: record.sshBecomes, identities: record.sshIdentities,
      knownHosts: record.sshKnownHosts ?? defaults.knownHosts.text,
      options: record.sshOptions ?? SSHOptions(defaults))
  }
}

extension SSHOptions.Carrier {
  fileprivate init(_ host: Host) {
    let connection = Connection(to: host)
    self.init(
      host: host.name.text, address: connection.address, port: connection.port,
      user: connection.user, identities: connection.identities,
      knownHosts: connection.knownHosts, options: connection.options)
  }
}

extension Connection {
  /// How a host is reached that another one is a container of.
  package init(to carrier: SSHOptions.Carrier) {
    self.init(
      address: carrier.address, port: carrier.port, user: carrier.user,
      identities: carrier.identities, knownHosts: carrier.knownHosts, options: carrier.options)
  }
}

extension SSHOptions {
  fileprivate init(_ settings: SSHSettings) {
    let config =
      switch settings.config {
      case .usual: ""
      case .none: "none"
      case .file(let path): path.text
      }
    let password =
      switch settings.password {
      case nil: [String]()
      case .environment(let name): ["env", name]
      case .file(let path): ["file", path.text]
      case .command(let words): ["command"] + words
      case .terminal: ["ask"]
      }
    self.init(
      jumps: settings.jumps.map(\.text), config: config, transport: settings.transport.rawValue,
      hostKeyChecking: settings.hostKeyChecking.rawValue,
      hostKeys: settings.hostKeys.map(\.text), password: password,
      given: settings.given.map(\.rawValue).sorted())
  }
}
