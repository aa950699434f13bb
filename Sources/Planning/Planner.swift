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
    return Plan(
      fleet: input.state.fleet, lineage: input.state.lineage, serial: input.state.serial,
      madeAt: input.now, steps: steps,
      stages: stages(of: steps, choreography, input.playbook.rollout),
      maxFailures: input.playbook.rollout.maxFailures, pause: input.playbook.rollout.pause.seconds,
      confirmWithin: input.playbook.rollout.confirmWithin.seconds,
      keepReleases: input.inventory.keepReleases,
      warnings: warnings(input) + hosts.warnings + waits(steps))
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

  private static func warnings(_ input: PlanningInput) -> [String] {
    var warnings =
      hostWarnings(input) + bootWarnings(input) + input.networkWarnings
      + input.staplingWarnings
    if let authority = input.state.authorities.last {
      let days = input.now.days(until: authority.notAfter)
      let leaf = input.inventory.authority.certificates.validFor
      if authority.notAfter <= input.now {
        warnings.append(
          "the authority \"\(authority.commonName)\" ended on \(authority.notAfter.date):"
            + " nothing that it signs is accepted any more")
      } else if days * 86_400 < leaf.seconds {
        warnings.append(
          "the authority \"\(authority.commonName)\" ends in \(days) days, on"
            + " \(authority.notAfter.date): certificates are cut short to end with it")
      }
    }
    for (domain, certificate) in input.materials.siteCertificates.sorted(by: { $0.key < $1.key }) {
      let days = input.now.days(until: certificate.notAfter)
      if days < 30 {
        warnings.append(
          "the certificate of \(domain) "
            + (days < 0 ? "ended on" : "ends in \(days) days, on")
            + " \(certificate.notAfter.date)")
      }
    }
    return warnings
  }
}

extension Planner {
  /// What hosts say of themselves that is not as it should be.
  private static func hostWarnings(_ input: PlanningInput) -> [String] {
    let toleratedSeconds: Int64 = 60
    return input.survey.sorted { $0.key < $1.key }.flatMap { name, result -> [String] in
      guard case .observed(let observation) = result else { return [] }
      var warnings: [String] = []
      let late = input.now.secondsSince1970 - observation.clock.secondsSince1970
      if abs(late) > toleratedSeconds {
        warnings.append(
          "the clock of \(name) is \(abs(late)) s \(late > 0 ? "slow" : "fast"): certificates may"
            + " count as not yet valid or as expired there")
      }
      if let undone = observation.undoneRelease {
        warnings.append("\(name) went back from release \(undone.number) by itself: \(undone.why)")
      }
      return warnings
    }
  }

  /// A transaction undoes itself everywhere; what has to happen at a boot needs systemd.
  private static func bootWarnings(_ input: PlanningInput) -> [String] {
    let hosts = input.survey.compactMap { name, result in
      if case .observed(let observation) = result, !observation.hasSystemd { name } else { nil }
    }.sorted()
    guard !hosts.isEmpty else { return [] }
    return [
      "no systemd on \(hosts.joined(separator: ", ")): after a restart the firewall is not loaded"
        + " and an unconfirmed release stays until the next apply"
    ]
  }
}

extension Connection {
  package init(to host: Host) {
    self.init(
      address: host.address.description, port: Int(host.ssh.port.number),
      user: host.ssh.user.text, becomes: host.ssh.become == .sudo,
      identities: host.ssh.identities.map(\.text),
      knownHosts: host.ssh.knownHosts.text)
  }

  /// How a host was reached when it was last changed.
  package init(recordOf record: HostRecord, defaults: SSHSettings) {
    self.init(
      address: record.address, port: record.sshPort, user: record.sshUser,
      becomes: record.sshBecomes, identities: record.sshIdentities,
      knownHosts: defaults.knownHosts.text)
  }
}
