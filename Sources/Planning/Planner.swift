package import Inventories
import Nginx
import Playbooks
package import State

/// Makes plans; the same input always gives the same plan.
package enum Planner {
  package static func plan(_ input: PlanningInput) -> Plan {
    var steps: [HostStep] = []
    for host in input.inventory.hosts where input.selector.matches(host) {
      steps.append(step(for: host, input))
    }
    let declared = Set(input.inventory.hosts.map(\.name.text))
    for (name, record) in input.state.hosts.sorted(by: { $0.key < $1.key })
    where !declared.contains(name) && input.selector.matches(name) {
      steps.append(removal(of: name, record, input))
    }
    return Plan(
      fleet: input.state.fleet, lineage: input.state.lineage, serial: input.state.serial,
      madeAt: input.now, steps: steps.sorted { $0.host < $1.host },
      stages: stages(of: steps, input.playbook.rollout),
      maxFailures: input.playbook.rollout.maxFailures, pause: input.playbook.rollout.pause.seconds,
      confirmWithin: input.playbook.rollout.confirmWithin.seconds,
      keepReleases: input.inventory.keepReleases,
      warnings: warnings(input) + steps.flatMap(\.interruptions))
  }

  /// A back-end serves before a front-end routes to it, and goes only when none does.
  private static func stages(of steps: [HostStep], _ rollout: Playbook.Rollout) -> [Stage] {
    func stage(_ name: String, _ belongs: (HostStep) -> Bool) -> Stage {
      let hosts = steps.filter { $0.action.changesHost && belongs($0) }.map(\.host).sorted()
      return Stage(name: name, batches: rollout.batches(of: hosts))
    }
    return [
      stage("back-ends") { !$0.retires && $0.roles.contains(Role.backEnd.rawValue) },
      stage("front-ends") { !$0.retires && !$0.roles.contains(Role.backEnd.rawValue) },
      stage("back-ends that stop serving") { $0.retires && $0.action != .remove },
      stage("removals") { $0.action == .remove },
    ].filter { !$0.batches.isEmpty }
  }

  private static func step(for host: Host, _ input: PlanningInput) -> HostStep {
    let connection = Connection(to: host)
    func blocked(_ reasons: [String], as action: Action = .blocked) -> HostStep {
      HostStep(
        host: host.name.text, connection: connection, roles: host.roles.map(\.rawValue).sorted(),
        action: action, reasons: reasons)
    }
    switch input.survey[host.name.text] {
    case nil: return blocked(["it was not asked; this is a bug in deploy"])
    case .unreachable(let why): return blocked([why], as: .unreachable)
    case .observed(let observation):
      let obstacles = Preflight.obstacles(on: observation, for: host, input)
      guard obstacles.isEmpty, let version = observation.nginxVersion.flatMap({ Version($0) })
      else { return blocked(obstacles) }
      return HostPlanner(
        input: input, host: host, connection: connection, observation: observation,
        nginx: version
      ).step()
    }
  }

  private static func removal(
    of name: String, _ record: HostRecord, _ input: PlanningInput
  ) -> HostStep {
    let connection = Connection(recordOf: record, defaults: input.inventory.ssh)
    func blocked(_ reasons: [String], as action: Action = .blocked) -> HostStep {
      HostStep(
        host: name, connection: connection, roles: record.roles, action: action, reasons: reasons)
    }
    switch input.survey[name] {
    case nil: return blocked(["it was not asked; this is a bug in deploy"])
    case .unreachable(let why):
      return blocked(
        ["it is no longer in the inventory and is to be cleaned, but: \(why)"], as: .unreachable)
    case .observed(let observation):
      let obstacles = Preflight.obstacles(on: observation, state: input.state)
      guard obstacles.isEmpty else { return blocked(obstacles) }
      let present = observation.manifest?.release
      let changes = (present?.files.keys.sorted() ?? []).map {
        FileChange(path: $0, kind: .remove)
      }
      return HostStep(
        host: name, connection: connection, roles: record.roles, action: .remove,
        reasons: ["it is no longer in the inventory"], release: 0,
        expected: observation.fingerprint, present: present, changes: changes)
    }
  }

  private static func warnings(_ input: PlanningInput) -> [String] {
    var warnings = hostWarnings(input) + bootWarnings(input)
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
      knownHosts: host.ssh.knownHosts.text, options: SSHOptions(host.ssh))
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
