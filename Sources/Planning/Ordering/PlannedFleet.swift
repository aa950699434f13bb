import Fleet
import Inventories
import Nginx
import State

/// All hosts of a plan and all that share edges with them; decides which of them change.
struct PlannedFleet {
  private enum Member {
    case changing(HostPlanner)
    /// A host that cannot take part or does not change; nil if it was not selected.
    case still(HostPlan?)
  }

  /// A host before it is known which of the others can be reached.
  private enum Candidate {
    case able(HostFacts, InstalledHost, HostAccess, leaves: Bool)
    case still(HostPlan?)
  }

  /// Sorted by name.
  private let members: [(name: HostName, member: Member)]
  /// Sorted by name.
  let changes: [HostChange]
  private(set) var warnings: [String] = []

  /// - Parameter facts: one for each host of the inventory.
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

  /// The plan of every selected host, sorted by name.
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

  // MARK: - Candidates

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
    case nil: return held(["it was not contacted; this is a bug in deploy"])
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

  /// - Parameter left: the host, with the address of the state.
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
    case nil: return held(["it was not contacted; this is a bug in deploy"])
    case .unreachable(let why):
      return held(
        [
          "it is no longer in the inventory but cannot be cleaned up: \(why)",
          input.desired.inventory.adviceToReach(name.text, at: "\(connection.address)"),
        ], as: .unreachable)
    case .observed(let observation):
      // The same machine under another name keeps what it has; the record of the old name is removed.
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

  /// Warnings about machines that replaced others, on which the old keys may still be.
  private static func replacements(_ input: PlanningInput) -> [String] {
    input.state.hosts.sorted { $0.key < $1.key }.compactMap { name, record in
      guard case .observed(let observation) = input.observed.survey[name],
        observation.currentRelease == nil
      else { return nil }
      return
        "\(name) had release \(record.release.number) at \(record.address), but the machine that"
        + " answers now has none: if it was replaced, the old machine still has its keys"
    }
  }

  /// The new name of a machine that the inventory no longer has by its old name; nil if it is not renamed.
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

  // MARK: - Changes

  /// The change of a candidate; a host without enough disk space is held.
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

  /// The change of a host that is not changed in this run.
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

  /// The best known release of a host that cannot be reached or must not be changed.
  private static func present(_ name: HostName, _ input: PlanningInput) -> ReleaseRecord? {
    if case .observed(let observation) = input.observed.survey[name] {
      if let manifest = observation.manifest { return manifest.release }
      // The machine was reinstalled, so the recorded release no longer exists.
      if observation.currentRelease == nil { return nil }
    }
    return input.state.hosts[name]?.release
  }

  /// Removes back-ends that were never deployed and cannot be deployed now from the front-ends' routes.
  private static func leaveOut(
    _ candidates: [(name: HostName, candidate: Candidate)], from routes: inout Inventory,
    _ input: PlanningInput
  ) -> [String] {
    var missing: Set<HostName> = []
    for case (let name, .still) in candidates {
      let present = present(name, input)
      if present == nil { missing.insert(name) }
      // A container cannot be reached if its host does not publish it.
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
      let names = Set(gone.map(\.host)).sorted().joined(separator: ", ")
      warnings.append(
        "requests for \(site.domain) are not sent to \(names) until"
          + " \(gone.count == 1 ? "it is" : "they are") deployed")
    }
    return warnings
  }
}
