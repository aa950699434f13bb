import Fleet
import Inventories
import Nginx
import State

/// Every host that a plan is about, and every other one that shares edges with these.
struct PlannedFleet {
  private enum Member {
    case changing(HostPlanner)
    /// A host that cannot take part or keeps what it has; nil if the user has not asked for it.
    case still(HostPlan?)
  }

  /// What is known of a host before it is known which of the others can be reached.
  private enum Candidate {
    case able(HostFacts, InstalledHost, HostAccess, leaves: Bool)
    case still(HostPlan?)
  }

  /// Sorted by name.
  private let members: [(name: HostName, member: Member)]
  /// Sorted by name.
  let changes: [HostChange]
  private(set) var warnings: [String] = []

  /// - Parameter facts: of the inventory's hosts.
  init(_ input: PlanningInput, _ facts: [HostFacts]) {
    let candidates = Self.candidates(input, facts)
    var routes = input.desired.inventory
    warnings = Self.leaveOut(candidates, from: &routes, input) + Self.replacements(input)
    var (members, changes): ([(name: HostName, member: Member)], [HostChange]) = ([], [])
    for (name, candidate) in candidates {
      let (member, change) = Self.reviewed(name, candidate, routes, input)
      members.append((name, member))
      changes.append(change)
    }
    self.members = members
    self.changes = changes
    warnings += Self.refused(changes)
  }

  /// What happens to every host that the user has asked for, sorted by name.
  func plans(_ sequencer: ChangeSequencer) -> [HostPlan] {
    var steps: [HostName: [HostStep]] = [:]
    for case (let name, .changing(let planner)) in members {
      steps[name] = planner.steps(sequencer.track(of: name))
    }
    let sequenced = SequencedSteps(steps, sequencer).steps
    return members.compactMap { name, member in
      switch member {
      case .still(let plan): plan
      case .changing(let planner): planner.plan(taking: sequenced[name] ?? [])
      }
    }
  }

  // MARK: - Who takes part

  private static func candidates(
    _ input: PlanningInput, _ facts: [HostFacts]
  ) -> [(name: HostName, candidate: Candidate)] {
    let declared = facts.map { (name: $0.host.name, candidate: Self.candidate($0, input)) }
    let left = input.desired.inventory.hostsToClean(input.state).compactMap { host in
      input.state.hosts[host.name].map { record in
        (name: host.name, candidate: Self.leaving(host, record, input))
      }
    }
    return (declared + left).sorted { $0.name < $1.name }
  }

  private static func candidate(_ facts: HostFacts, _ input: PlanningInput) -> Candidate {
    let host = facts.host
    guard input.request.selector.matches(host) else { return .still(nil) }
    func held(_ reasons: [String], as kind: HostPlan.Hold.Kind = .blocked) -> Candidate {
      .still(
        HostPlan(
          host: host.name, connection: host.access, roles: host.allRoles,
          .held(.init(kind, reasons))))
    }
    switch input.observed.survey[host.name] {
    case nil: return held(["it was not asked; this is a bug in deploy"])
    case .unreachable(let why):
      let closed = Lockout.closedPort(
        of: host, with: input.state.hosts[host.name]?.release,
        input.desired.inventory.firewall)
      return held([why] + (closed.map { [$0] } ?? []), as: .unreachable)
    case .observed(let observation):
      let blockers = Preflight.blockers(on: observation, for: facts, input)
      guard blockers.isEmpty else { return held(blockers) }
      let installed = InstalledHost(host, observation, input.state)
      let takeovers = PortTakeover.blockers(from: installed.endpoint, to: facts)
      return takeovers.isEmpty
        ? .able(facts, installed, host.access, leaves: false) : held(takeovers)
    }
  }

  /// - Parameter left: the host as it is reached.
  private static func leaving(
    _ left: Host, _ record: HostRecord, _ input: PlanningInput
  ) -> Candidate {
    let (name, connection) = (left.name, left.access)
    guard input.request.selector.matches(name) else { return .still(nil) }
    func still(_ outcome: HostPlan.Outcome) -> Candidate {
      .still(
        HostPlan(host: name, connection: connection, roles: record.roles, outcome))
    }
    func held(_ reasons: [String], as kind: HostPlan.Hold.Kind = .blocked) -> Candidate {
      still(.held(.init(kind, reasons)))
    }
    switch input.observed.survey[name] {
    case nil: return held(["it was not asked; this is a bug in deploy"])
    case .unreachable(let why):
      return held(
        [
          "it is no longer in the inventory and is to be cleaned, but: \(why)",
          input.desired.inventory.adviceToReach(name.text, at: "\(connection.address)"),
        ], as: .unreachable)
    case .observed(let observation):
      // The same machine under another name keeps what it has; the record of the old name goes.
      if renamed(observation, input) != nil { return still(.unchanged(present: nil)) }
      let blockers = Preflight.blockers(on: observation)
      guard blockers.isEmpty else { return held(blockers) }
      let host = Host(
        name: name, roles: record.roles.roles, address: record.address,
        place: input.desired.inventory.ca.place)
      return .able(
        HostFacts(host, input.observed.survey, in: input.desired.inventory),
        InstalledHost(host, observation, input.state), connection, leaves: true)
    }
  }

  /// Machines that took the place of others, which keep what they have.
  private static func replacements(_ input: PlanningInput) -> [String] {
    input.state.hosts.sorted { $0.key < $1.key }.compactMap { name, record in
      guard case .observed(let observation) = input.observed.survey[name],
        observation.currentRelease == nil
      else { return nil }
      return
        "\(name) had release \(record.release.number) at \(record.address), and the machine that"
        + " answers now has none: if it is another one, the one before still has its keys"
    }
  }

  /// The name by which the inventory has a machine that it no longer has by its old one.
  private static func renamed(_ left: HostObservation, _ input: PlanningInput) -> HostName? {
    guard let manifest = left.manifest else { return nil }
    return input.desired.inventory.hosts.first { host in
      if case .observed(let observation) = input.observed.survey[host.name] {
        observation.manifest == manifest && observation.fingerprint == left.fingerprint
      } else {
        false
      }
    }?.name
  }

  // MARK: - What they are

  /// What a host is to become; one that has no space for it is held.
  private static func reviewed(
    _ name: HostName, _ candidate: Candidate, _ routes: Inventory, _ input: PlanningInput
  ) -> (Member, HostChange) {
    switch candidate {
    case .able(let facts, let installed, let connection, let leaves):
      let planner = HostPlanner(
        input: input, routes: routes, facts: facts, installed: installed, connection: connection,
        leaves: leaves)
      let (change, blockers) = planner.review()
      guard blockers.isEmpty else {
        let plan = planner.plan(.held(.init(.blocked, blockers)))
        return (.still(plan), keeping(name, plan, input))
      }
      return (.changing(planner), change.judged(by: input))
    case .still(let plan): return (.still(plan), keeping(name, plan, input))
    }
  }

  /// The change of a host that stays as it is.
  private static func keeping(
    _ name: HostName, _ plan: HostPlan?, _ input: PlanningInput
  ) -> HostChange {
    let old = present(name, input).map { Endpoint($0) } ?? .nothing
    var change = HostChange(
      name: name, old: old, new: old, serves: !old.services.isEmpty, isHeld: true)
    let isDeclared = input.desired.inventory.host(named: name) != nil
    change.isLost =
      !isDeclared && (plan?.hold?.kind == .unreachable || plan?.isUnchanged == true)
    return change.judged(by: input)
  }

  /// The release of a host that cannot be asked or must be left alone, by the best that is known.
  private static func present(_ name: HostName, _ input: PlanningInput) -> ReleaseRecord? {
    if case .observed(let observation) = input.observed.survey[name] {
      if let manifest = observation.manifest { return manifest.release }
      // It was installed anew, whatever the state remembers.
      if observation.currentRelease == nil { return nil }
    }
    return input.state.hosts[name]?.release
  }

  /// Takes back-ends that cannot be deployed now, and never were, off the front-ends' routes.
  private static func leaveOut(
    _ candidates: [(name: HostName, candidate: Candidate)], from routes: inout Inventory,
    _ input: PlanningInput
  ) -> [String] {
    var missing: Set<HostName> = []
    for case (let name, .still) in candidates {
      let present = present(name, input)
      if present == nil { missing.insert(name) }
      // Nobody reaches a container whose host does not publish it.
      let published = Set(present?.facts.publications.map(\.host) ?? [])
      if let container = input.desired.inventory.host(named: name)?.container?.host,
        !published.contains(container)
      {
        missing.insert(container)
      }
    }
    guard !missing.isEmpty else { return [] }
    var warnings: [String] = []
    for index in routes.sites.indices {
      let site = routes.sites[index]
      let (gone, rest) = (
        site.upstreams.filter { missing.contains($0.host) },
        site.upstreams.filter { !missing.contains($0.host) }
      )
      guard !gone.isEmpty, !rest.isEmpty else { continue }
      routes.sites[index].upstreams = rest
      let names = Set(gone.map(\.host.text)).sorted().joined(separator: ", ")
      warnings.append(
        "\(site.domain) does without \(names) until \(gone.count == 1 ? "it is" : "they are")"
          + " deployed")
    }
    return warnings
  }
}
