import Firewall
import Fleet
import Inventories
import Nginx
import State

/// Compares what one host should have with what it has, and makes the host's steps.
struct HostPlanner {
  let context: PlanContext
  let facts: HostFacts
  let installed: InstalledHost
  let connection: HostAccess
  /// Whether the host is no longer in the inventory.
  let leaves: Bool

  private var host: Host { facts.host }
  private var observation: HostObservation { installed.observation }
  private var present: ReleaseRecord? { installed.present }

  // MARK: - Old and new endpoint

  /// What a host changes to, before the order of all hosts is known.
  struct Review {
    var change: HostChange
    /// The reasons why the change cannot be made.
    var blockers: [String] = []
    /// The release of the final state; nil if the host leaves or does not change.
    var draft: ReleaseDraft?
  }

  /// Compares what the host should have with what it has.
  func review() -> Review {
    var change = HostChange(
      name: host.name, old: installed.endpoint, new: leaves ? gone : new,
      serves: host.container != nil || !facts.servedPorts.isEmpty)
    change.isOpaque = observation.currentRelease != nil && lasting.isOpaque
    change.revoked = context.revoked
    guard !leaves else {
      change.hasOtherChanges = true
      change.serves = !change.old.services.isEmpty
      return Review(change: change)
    }
    let draft = ReleaseDraft(
      context, facts, on: installed, release: installed.nextRelease,
      .init(transition: .new, endpoint: change.new), from: Snapshot(observation))
    change.hasOtherChanges =
      present == nil || !repairs.isEmpty || !draft.changes.isEmpty
      || draft.certificates.contains { $0.planned != nil }
    guard change.hasOtherChanges else {
      return Review(change: change, draft: change.isNeeded ? draft : nil)
    }
    return Review(
      change: change, blockers: DiskSpaceCheck.blockers(for: draft.files, on: observation),
      draft: draft)
  }

  /// An endpoint without services, at the host's present address.
  private var gone: Endpoint {
    var endpoint = Endpoint.nothing
    endpoint.source = installed.endpoint.source
    return endpoint
  }

  private var new: Endpoint {
    let needs = CertificateNeeds(context: context, host: host, snapshot: Snapshot(observation))
    let certificates = needs.certificates(.new)
    var endpoint = Endpoint()
    endpoint.addresses = Set(host.allAddresses)
    endpoint.otherAddresses = otherEntries
    endpoint.source = host.address
    endpoint.openings = facts.ruleset.openings
    endpoint.publications = facts.ruleset.publications
    for site in context.routes.sites(servedBy: host.name) {
      endpoint.services[site.domain] = .init(
        ports: Set(site.upstreams(on: host.name).map(\.port)),
        admission: .frontEnds(Set(site.frontEnds)))
    }
    for site in context.routes.sites(publishedBy: host.name) {
      let routed = Set(site.routedUpstreams.map(\.host))
      let connections = context.routes.connections(
        of: site, from: host, binding: installed.binding)
      for (upstream, ways) in connections where routed.contains(upstream.host) {
        endpoint.routes[upstream.host, default: []].formUnion(
          ways.map { way in
            .init(
              site: site.domain, host: upstream.host, address: way.address, port: way.port,
              source: way.source == host.address ? nil : way.source)
          })
      }
    }
    endpoint.client = needs.leaf(.frontEnd, among: certificates)
    endpoint.server = needs.leaf(.backEnd, among: certificates)
    if endpoint.client != nil || endpoint.server != nil {
      endpoint.trusts = context.trusts
      endpoint.refuses = context.refuses
    }
    return endpoint
  }

  /// The addresses at which front-ends reach the host, or the container behind it, besides its first public one.
  private var otherEntries: [IPAddress] {
    guard host.allAddresses.count > 1 else { return [] }
    let networks = Set(
      [host.name, host.container?.host].compactMap(\.self).flatMap { name in
        context.routes.sites(servedBy: name).map(\.edgeNetworks.to)
      })
    return Set(networks.flatMap { host.addresses(in: $0)?.all ?? [] })
      .subtracting([host.address]).sorted()
  }

  // MARK: - Steps

  func plan(_ outcome: HostPlan.Outcome) -> HostPlan {
    HostPlan(host: host.name, connection: connection, roles: host.allRoles, outcome)
  }

  /// - Parameter steps: the steps of `steps(_:)`, sequenced with those of the other hosts.
  func plan(taking steps: [HostStep]) -> HostPlan {
    plan(StepSequence(steps).map { .steps($0) } ?? .unchanged(present: present))
  }

  /// One step for each transaction; none if nothing changes.
  ///
  /// - Parameter final: the release of the final state, as it was reviewed.
  func steps(_ track: Track, final: ReleaseDraft?) -> [HostStep] {
    // In a single step the whole release is made again; between several steps the host keeps what others
    // rely on.
    let kept = track.steps.count > 1 ? installed.unproven : nil
    var snapshot = kept == nil ? Snapshot(observation) : lasting
    var held = installed.servedPorts
    return track.steps.indices.map { index in
      let state = track.steps[index].state
      guard !(leaves && index == track.steps.indices.last) else {
        return removal(from: snapshot, isFirst: index == 0)
      }
      let draft =
        track.last == 1 && state.transition == .new
        ? final ?? draft(state, at: 0, from: snapshot)
        : draft(state, at: index, from: snapshot, like: final)
      let ports = draft.endpoint.facts.listeningPorts
      var step = step(
        draft, isFirst: index == 0, newPorts: ports.subtracting(held),
        movesFrom: track.state(at: index).endpoint)
      if index == 0, let kept { step.present = kept }
      held = ports
      if index < track.last - 1 { snapshot = Snapshot(behind: draft) }
      return step
    }
  }

  /// What the host has after a step.
  func goal(at index: Int, of track: Track) -> HostStep.Goal {
    leaves && index == track.last - 1 ? .removed : .release(number(ofStep: index))
  }

  private func number(ofStep index: Int) -> ReleaseNumber { installed.nextRelease.following(index) }

  /// The snapshot of what the host keeps during a change of several steps.
  private var lasting: Snapshot {
    installed.unproven.map { Snapshot(observation, recorded: $0, context.input.digest) }
      ?? Snapshot(observation)
  }

  private func draft(
    _ state: Track.State, at index: Int, from snapshot: Snapshot, like known: ReleaseDraft? = nil
  ) -> ReleaseDraft {
    ReleaseDraft(
      context, facts, on: installed, release: number(ofStep: index), state, from: snapshot,
      like: known)
  }

  /// Why the host is repaired: it differs from its release, or the release is not signed yet.
  private var repairs: [String] { HostHealth(observation).faults.map(\.reason) }

  private func step(
    _ draft: ReleaseDraft, isFirst: Bool, newPorts: Set<Port>, movesFrom before: Endpoint
  ) -> HostStep {
    let issued = draft.certificates.compactMap(\.planned)
    let isNew = isFirst && present == nil
    let installation = Installation(
      release: draft.number, isFirst: isNew,
      replaces: isFirst ? nil : ReleaseBefore(observation.currentRelease),
      facts: draft.endpoint.facts, files: draft.files, certificates: issued,
      ports: newPorts.union(statusPorts(of: draft)).sorted())
    return HostStep(
      .install(installation),
      reasons: isNew
        ? [reasonToCreate]
        : (isFirst ? repairs : []) + moves(from: before, to: draft.endpoint)
          + ReasonText.reasons(for: draft.changes, issuing: issued, draft.snapshot),
      expected: isFirst ? observation.fingerprint : nil,
      present: isFirst ? present : nil, changes: draft.changes
    ).showing(isFirst ? observation : nil)
  }

  /// The port on which nginx may start to report its status: no manifest has it, and the host accepts it if its nginx
  /// listens there already.
  private func statusPorts(of draft: ReleaseDraft) -> Set<Port> {
    let changes = draft.changes.contains { $0.path == ReleasePath.main.relative }
    guard let status = context.inventory.stubStatus, changes, draft.hasSites else {
      return []
    }
    return [status.port]
  }

  private func moves(from old: Endpoint, to new: Endpoint) -> [String] {
    func listed(_ addresses: [IPAddress]) -> String {
      addresses.map(\.description).joined(separator: ", ")
    }
    var reasons: [String] = []
    if let before = old.source, let after = new.source, before != after {
      reasons.append("its address is \(after), no longer \(before)")
    }
    let added = new.otherAddresses.filter { !old.otherAddresses.contains($0) }
    let removed = old.otherAddresses.filter { !new.otherAddresses.contains($0) }
    if !added.isEmpty { reasons.append("front-ends reach it at \(listed(added)) too") }
    if !removed.isEmpty { reasons.append("front-ends no longer reach it at \(listed(removed))") }
    return reasons
  }

  private var reasonToCreate: String {
    guard let release = observation.currentRelease else { return "it is new in the inventory" }
    let why =
      if case .drift(let why) = observation.manifestProblem { why } else { "cannot be read" }
    return "the manifest of release \(release) \(why): the whole release is made again"
  }

  private func removal(from snapshot: Snapshot, isFirst: Bool) -> HostStep {
    HostStep(
      .remove, reasons: ["it is no longer in the inventory"],
      expected: isFirst ? observation.fingerprint : nil, present: isFirst ? present : nil,
      changes: snapshot.paths.map { FileChange(path: $0, kind: .remove) }
    ).showing(isFirst ? observation : nil)
  }
}
