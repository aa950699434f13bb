import Fleet
import Inventories
import Nginx
import State

/// All hosts of a plan and all that share edges with them; decides which of them change.
struct PlannedFleet: Sendable {
  private enum Member {
    /// - Parameter final: the release of the final state; nil for a host that leaves.
    case changing(HostPlanner, final: ReleaseDraft?)
    /// A host that cannot take part or does not change; nil if it was not selected.
    case still(HostPlan?)
  }

  /// A host before it is known which of the others can be reached.
  private enum Candidate {
    case able(HostFacts, InstalledHost, HostAccess, leaves: Bool)
    case still(HostPlan?)
  }

  private let context: PlanContext
  /// Sorted by name, as the changes.
  private let members: [Member]
  /// Sorted by name.
  let changes: [HostChange]
  private(set) var warnings: [String] = []

  /// - Parameter facts: one for each host of the inventory.
  init(_ context: PlanContext, _ facts: [HostFacts]) {
    let candidates = Self.candidates(context, facts)
    let (routes, warnings) = Self.routes(to: candidates, context)
    self.warnings = warnings + Self.replacements(context.input)
    let routed = routes.map(context.routing) ?? context
    self.context = routed
    let reviewed = context.map(candidates) { Self.reviewed($0.name, $0.candidate, routed) }
    members = reviewed.map(\.member)
    changes = reviewed.map(\.change)
    self.warnings += Self.refused(changes)
  }

  /// The plan of every selected host, sorted by name.
  func plans(_ sequencer: ChangeSequencer) -> [HostPlan] {
    let goals = members.indices.map { position -> [HostStep.Goal] in
      guard case .changing(let planner, _) = members[position] else { return [] }
      let track = sequencer.tracks[position]
      return track.steps.indices.map { planner.goal(at: $0, of: track) }
    }
    let placement = StepPlacement(sequencer: sequencer, goals: goals)
    return context.map(Array(members.indices)) { position -> HostPlan? in
      switch members[position] {
      case .still(let plan): return plan
      case .changing(let planner, let final):
        let steps = planner.steps(sequencer.tracks[position], final: final)
        return planner.plan(taking: placement.placed(steps, of: position))
      }
    }.compactMap(\.self)
  }

  // MARK: - Candidates

  private static func candidates(
    _ context: PlanContext, _ facts: [HostFacts]
  ) -> [(name: HostName, candidate: Candidate)] {
    let input = context.input
    let declared = context.map(facts) { facts in
      (name: facts.host.name, candidate: Self.candidate(facts, input))
    }
    let renamed = RenamedHosts(input)
    let left = input.desired.inventory.hostsToClean(input.state).compactMap { host in
      input.state.hosts[host.name].map { record in
        (name: host.name, candidate: Self.leaving(host, record, renamed, input))
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
      let blockers =
        Preflight.blockers(on: observation, for: facts, input)
        + DrainedBackEnds(input).blockers(of: host)
      guard blockers.isEmpty else { return held(blockers) }
      let installed = InstalledHost(host, observation, input.state)
      let takeovers = PortTakeover.blockers(from: installed.endpoint, to: facts)
      return takeovers.isEmpty
        ? .able(facts, installed, host.access, leaves: false) : held(takeovers)
    }
  }

  /// - Parameter left: the host, with the address of the state.
  private static func leaving(
    _ left: Host, _ record: HostRecord, _ renamed: RenamedHosts, _ input: PlanningInput
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
          input.desired.inventory.adviceToReach(name.text, at: connection.reachedAt),
        ], as: .unreachable)
    case .observed(let observation):
      // The same machine under another name keeps what it has; the record of the old name is removed.
      if renamed.isNamedOtherwise(observation) { return still(.unchanged(present: nil)) }
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
    input.state.hosts.keys.sorted().compactMap { name in
      guard let record = input.state.hosts[name],
        case .observed(let observation) = input.observed.survey[name],
        observation.currentRelease == nil
      else { return nil }
      return
        "\(name) had release \(record.release.number) at \(record.address), but the machine that"
        + " answers now has none: if it was replaced, the old machine still has its keys"
    }
  }

  // MARK: - Changes

  /// The change of a candidate; a host without enough disk space is held.
  private static func reviewed(
    _ name: HostName, _ candidate: Candidate, _ context: PlanContext
  ) -> (member: Member, change: HostChange) {
    switch candidate {
    case .able(let facts, let installed, let connection, let leaves):
      let planner = HostPlanner(
        context: context, facts: facts, installed: installed, connection: connection,
        leaves: leaves)
      let review = planner.review()
      guard review.blockers.isEmpty else {
        let plan = planner.plan(.held(.init(.blocked, review.blockers)))
        return (.still(plan), keeping(name, plan, context))
      }
      return (.changing(planner, final: review.draft), review.change.judged(by: context))
    case .still(let plan): return (.still(plan), keeping(name, plan, context))
    }
  }

  /// The change of a host that is not changed in this run.
  private static func keeping(
    _ name: HostName, _ plan: HostPlan?, _ context: PlanContext
  ) -> HostChange {
    let old = present(name, context.input).map { Endpoint($0) } ?? .nothing
    var change = HostChange(
      name: name, old: old, new: old, serves: !old.services.isEmpty, isHeld: true)
    let isDeclared = context.inventory.host(named: name) != nil
    change.isLost =
      !isDeclared && (plan?.hold?.kind == .unreachable || plan?.isUnchanged == true)
    return change.judged(by: context)
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

  /// Where front-ends route if some back-ends were never deployed and cannot be deployed now; nil if there are
  /// none of these.
  private static func routes(
    to candidates: [(name: HostName, candidate: Candidate)], _ context: PlanContext
  ) -> (routes: Inventory?, warnings: [String]) {
    var missing: Set<HostName> = []
    for case (let name, .still) in candidates {
      let present = present(name, context.input)
      if present == nil { missing.insert(name) }
      // A container cannot be reached if its host does not publish it.
      if let container = context.inventory.host(named: name)?.container?.host,
        present?.facts.publications.contains(where: { $0.host == container }) != true
      {
        missing.insert(container)
      }
    }
    guard !missing.isEmpty else { return (nil, []) }
    var warnings: [String] = []
    let routes = context.inventory.changingSites { site in
      let gone = site.upstreams.filter { missing.contains($0.host) }
      guard !gone.isEmpty, site.routedUpstreams.contains(where: { !missing.contains($0.host) })
      else { return }
      site.upstreams.removeAll { missing.contains($0.host) }
      let names = Set(gone.map(\.host)).sorted().joined(separator: ", ")
      warnings.append(
        "requests for \(site.domain) are not sent to \(names) until"
          + " \(gone.count == 1 ? "it is" : "they are") deployed")
    }
    return (routes, warnings)
  }
}

/// The machines of the inventory's hosts, by which a host that left is found under its new name.
private struct RenamedHosts {
  private struct Key: Hashable {
    let fingerprint: Fingerprint
    /// The name for which its release was made.
    let name: HostName?
  }

  private let machines: [Key: [Manifest]]

  init(_ input: PlanningInput) {
    var machines: [Key: [Manifest]] = [:]
    // Only hosts that left are looked up.
    if input.state.hosts.keys.contains(where: { input.desired.inventory.host(named: $0) == nil }) {
      for host in input.desired.inventory.hosts {
        guard case .observed(let observation) = input.observed.survey[host.name],
          let manifest = observation.manifest
        else { continue }
        let key = Key(fingerprint: observation.fingerprint, name: manifest.host)
        machines[key, default: []].append(manifest)
      }
    }
    self.machines = machines
  }

  /// Whether the inventory has the machine under another name.
  func isNamedOtherwise(_ left: HostObservation) -> Bool {
    guard let manifest = left.manifest else { return false }
    let key = Key(fingerprint: left.fingerprint, name: manifest.host)
    return machines[key]?.contains(manifest) == true
  }
}
