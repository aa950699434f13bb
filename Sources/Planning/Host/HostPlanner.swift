import Firewall
import Fleet
import Inventories
import Nginx
import State

/// Compares what one host should have with what it has, and makes the host's steps.
struct HostPlanner {
  let input: PlanningInput
  /// The inventory without back-ends that are not deployed yet: front-ends route according to it.
  let routes: Inventory
  let facts: HostFacts
  let installed: InstalledHost
  let connection: HostAccess
  /// Whether the host is no longer in the inventory.
  let leaves: Bool

  private var host: Host { facts.host }
  private var observation: HostObservation { installed.observation }
  private var present: ReleaseRecord? { installed.present }

  // MARK: - Old and new endpoint

  /// The change of the host, and the reasons why it cannot be made.
  func review() -> (change: HostChange, blockers: [String]) {
    var change = HostChange(
      name: host.name, old: installed.endpoint, new: leaves ? gone : new,
      serves: host.container != nil || !facts.servedPorts.isEmpty)
    change.isOpaque = observation.currentRelease != nil && lasting.isOpaque
    change.revoked = input.desired.materials.revocationLists.mapValues(\.serials)
    guard !leaves else {
      change.hasOtherChanges = true
      change.serves = !change.old.services.isEmpty
      return (change, [])
    }
    let draft = draft(
      .init(transition: .new, endpoint: change.new), release: installed.nextRelease,
      from: Snapshot(observation))
    change.hasOtherChanges =
      present == nil || !repairs.isEmpty || draft.differs(input.digest)
      || draft.certificates.contains { $0.planned != nil }
    return (
      change,
      change.hasOtherChanges ? DiskSpaceCheck.blockers(for: draft.files, on: observation) : []
    )
  }

  /// An endpoint without services, at the host's present address.
  private var gone: Endpoint {
    var endpoint = Endpoint.nothing
    endpoint.source = installed.endpoint.source
    return endpoint
  }

  private var new: Endpoint {
    let needs = CertificateNeeds(input: input, host: host, snapshot: Snapshot(observation))
    var endpoint = Endpoint()
    endpoint.addresses = [host.address]
    endpoint.source = host.address
    endpoint.openings = facts.ruleset.openings
    endpoint.publications = facts.ruleset.publications
    for site in routes.sites(servedBy: host.name) {
      endpoint.services[site.domain] = .init(
        ports: Set(site.upstreams(on: host.name).map(\.port)),
        admission: .frontEnds(Set(site.frontEnds)))
    }
    for site in routes.sites(publishedBy: host.name) {
      for upstream in site.upstreams {
        let entry = routes.endpoint(of: upstream)
        endpoint.routes[upstream.host, default: []].insert(
          .init(site: site.domain, host: upstream.host, address: entry.address, port: entry.port))
      }
    }
    endpoint.client = needs.leaf(.frontEnd)
    endpoint.server = needs.leaf(.backEnd)
    if endpoint.client != nil || endpoint.server != nil {
      endpoint.trusts = Set(input.state.trustedCAs.map(\.keyIdentifier))
      endpoint.refuses = input.desired.materials.refusals(trusting: endpoint.trusts)
    }
    return endpoint
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
  func steps(_ track: Track) -> [HostStep] {
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
      let draft = draft(state, release: installed.nextRelease + index, from: snapshot)
      let ports = draft.endpoint.facts.listeningPorts
      var step = step(
        draft, isFirst: index == 0, newPorts: ports.subtracting(held),
        movesFrom: track.state(at: index).endpoint.source)
      if index == 0, let kept { step.present = kept }
      held = ports
      snapshot = Snapshot(behind: draft, release: draft.number, input)
      return step
    }
  }

  /// The snapshot of what the host keeps during a change of several steps.
  private var lasting: Snapshot {
    installed.unproven.map { Snapshot(observation, recorded: $0, input.digest) }
      ?? Snapshot(observation)
  }

  private func draft(
    _ state: Track.State, release number: Int, from snapshot: Snapshot
  ) -> ReleaseDraft {
    ReleaseDraft(
      input, routes: routes, facts, on: installed, release: number, state, from: snapshot)
  }

  /// Why the host is repaired: it differs from its release, or the release is not signed yet.
  private var repairs: [String] { HostHealth(observation).faults.map(\.reason) }

  private func step(
    _ draft: ReleaseDraft, isFirst: Bool, newPorts: Set<Port>, movesFrom source: IPAddress?
  ) -> HostStep {
    let issued = draft.certificates.compactMap(\.planned)
    let changes = draft.changes(input.digest)
    let isNew = isFirst && present == nil
    let installation = Installation(
      release: draft.number, isFirst: isNew,
      replaces: isFirst ? nil : observation.currentRelease ?? 0, facts: draft.endpoint.facts,
      files: draft.files, certificates: issued, ports: newPorts.sorted())
    return HostStep(
      .install(installation),
      reasons: isNew
        ? [reasonToCreate]
        : (isFirst ? repairs : []) + moves(from: source, to: draft.endpoint.source)
          + reasons(changes, issued, draft.snapshot),
      expected: isFirst ? observation.fingerprint : nil,
      present: isFirst ? present : nil, changes: changes
    ).showing(isFirst ? observation : nil)
  }

  private func moves(from old: IPAddress?, to new: IPAddress?) -> [String] {
    guard let old, let new, old != new else { return [] }
    return ["its address is \(new), no longer \(old)"]
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
      changes: (snapshot.release?.files.keys.sorted() ?? []).map {
        FileChange(path: $0, kind: .remove)
      }
    ).showing(isFirst ? observation : nil)
  }
}
