import Firewall
import Fleet
import Inventories
import Nginx
import State

/// Compares what one host should have with what it has, and makes its steps.
struct HostPlanner {
  let input: PlanningInput
  let host: Host
  let connection: HostAccess
  let observation: HostObservation
  let nginx: Version
  /// Whether the inventory has it no more.
  let leaves: Bool

  var present: ReleaseRecord? { observation.manifest?.release }
  private var roles: [String] { host.roleNames }

  /// The number of the first release that the host gets in this run.
  private var nextRelease: Int {
    max(
      observation.latestRelease, observation.currentRelease ?? 0,
      input.state.hosts[host.name.text]?.release.number ?? 0) + 1
  }

  // MARK: - What it is and what it is to be

  /// The change, and what keeps the host from taking it.
  func review() -> (change: HostChange, blockers: [String]) {
    var change = HostChange(
      name: host.name, old: old, new: leaves ? gone : new,
      serves: host.container != nil || !input.inventory.sites(servedBy: host.name).isEmpty)
    change.isOpaque = observation.currentRelease != nil && lasting.isOpaque
    change.revoked = input.materials.revocationLists.mapValues(\.serials)
    guard !leaves else {
      change.hasOtherChanges = true
      change.serves = !change.old.services.isEmpty
      return (change, [])
    }
    let draft = draft(
      .init(transition: .new, endpoint: change.new), release: nextRelease,
      from: Snapshot(observation))
    change.hasOtherChanges =
      present == nil || !repairs.isEmpty || !changes(to: draft).isEmpty
      || draft.certificates.contains { $0.planned != nil }
    return (
      change,
      change.hasOtherChanges ? DiskSpaceCheck.blockers(for: draft.files, on: observation) : []
    )
  }

  /// Ports that cannot change what they lead to; few hosts have any that could.
  var takeovers: [String] {
    guard host.container != nil || known?.facts.publications.isEmpty == false else { return [] }
    return PortTakeover.blockers(from: old, to: new)
  }

  /// What it does for others: a host whose manifest is not believed still does what it was given.
  private var known: ReleaseRecord? {
    present ?? recorded
      ?? (observation.currentRelease == nil ? nil : input.state.hosts[host.name.text]?.release)
  }

  private var old: Endpoint {
    guard let release = known else { return .nothing }
    var endpoint = Endpoint(release)
    // What was changed on the host cannot be kept for the others: its edges count as broken.
    let drifted = Set(observation.driftedFiles)
    for role in Role.allCases {
      let files = [ReleasePath.certificate(for: role), .key(for: role)].map(\.relative)
      guard !drifted.isDisjoint(with: files) else { continue }
      if role == .frontEnd { endpoint.client = nil } else { endpoint.server = nil }
    }
    // The same machine answers at its address of now, whatever it was when the release was made.
    endpoint.addresses.insert(host.address)
    endpoint.addresses.formUnion(
      observation.surroundings.addresses.compactMap { IPAddress($0) })
    return endpoint
  }

  /// Nothing, at the address that it has.
  private var gone: Endpoint {
    var endpoint = Endpoint.nothing
    endpoint.source = old.source
    return endpoint
  }

  private var new: Endpoint {
    let inventory = input.routableInventory
    let needs = CertificateNeeds(input: input, host: host, snapshot: Snapshot(observation))
    var endpoint = Endpoint()
    endpoint.addresses = [host.address]
    endpoint.source = host.address
    let ruleset = ruleset(for: host, in: input.inventory)
    endpoint.openings = ruleset.openings
    endpoint.publications = ruleset.publications
    for site in inventory.sites(servedBy: host.name) {
      endpoint.services[site.domain] = .init(
        ports: Set(site.upstreams(on: host.name).map(\.port)),
        admission: .frontEnds(Set(site.frontEnds)))
    }
    for site in inventory.sites(publishedBy: host.name) {
      for upstream in site.upstreams {
        let entry = inventory.endpoint(of: upstream)
        endpoint.routes[upstream.host, default: []].insert(
          .init(site: site.domain, host: upstream.host, address: entry.address, port: entry.port))
      }
    }
    endpoint.client = needs.leaf(.frontEnd)
    endpoint.server = needs.leaf(.backEnd)
    if endpoint.client != nil || endpoint.server != nil {
      endpoint.trusts = Set(input.state.trustedCAs.map(\.keyIdentifier))
      endpoint.refuses = input.materials.refusals(trusting: endpoint.trusts)
    }
    return endpoint
  }

  // MARK: - Its steps

  func plan(_ outcome: HostPlan.Outcome) -> HostPlan {
    HostPlan(host: host.name.text, connection: connection, roles: roles, outcome)
  }

  /// - Parameter steps: what `steps(_:)` has made, in the order of the fleet.
  func plan(taking steps: [HostStep]) -> HostPlan {
    plan(StepSequence(steps).map { .steps($0) } ?? .unchanged(present: present))
  }

  /// One for each transaction; none where nothing changes.
  func steps(_ track: Track) -> [HostStep] {
    // Made again at once, the host keeps nothing; in between it keeps what others rely on.
    let kept = track.steps.count > 1 ? recorded : nil
    var snapshot = kept == nil ? Snapshot(observation) : lasting
    var held = servedPorts
    return track.steps.indices.map { index in
      let state = track.steps[index].state
      guard !(leaves && index == track.steps.indices.last) else {
        return removal(from: snapshot, isFirst: index == 0)
      }
      let draft = draft(state, release: nextRelease + index, from: snapshot)
      let ports = Self.ports(of: draft.endpoint.facts)
      var step = step(
        draft, isFirst: index == 0, newPorts: ports.subtracting(held),
        movesFrom: track.state(at: index).endpoint.source)
      if index == 0, let kept { step.present = kept }
      held = ports
      snapshot = Snapshot(behind: draft, release: draft.number, input)
      return step
    }
  }

  /// What the host keeps in a change of several steps.
  private var lasting: Snapshot {
    recorded.map { Snapshot(observation, recorded: $0, input) } ?? Snapshot(observation)
  }

  /// The release in force, if the host's own word for it is not believed: by the state; by that word all the
  /// same, if the state knows nothing of it, for others may rely on what it does. Nothing is signed or
  /// recorded by that.
  private var recorded: ReleaseRecord? {
    guard case .drift = observation.manifestProblem else { return nil }
    return [
      input.state.hosts[host.name.text]?.release, observation.shownManifest?.manifest?.release,
    ].compactMap(\.self).first { $0.number == observation.currentRelease }
  }

  private func draft(
    _ state: Track.State, release number: Int, from snapshot: Snapshot
  ) -> ReleaseDraft {
    ReleaseDraft(
      input, host, nginx: nginx, hasIPv6: observation.surroundings.hasIPv6, release: number,
      source: source, state, from: snapshot)
  }

  /// Which of several addresses the kernel would take is not known here, and back-ends let in one.
  private var source: IPAddress? {
    let own = observation.surroundings.addresses.compactMap { IPAddress($0) }
      .filter { $0.bitWidth == host.address.bitWidth }
    return own.count > 1 && own.contains(host.address) ? host.address : nil
  }

  private func step(
    _ draft: ReleaseDraft, isFirst: Bool, newPorts: Set<Port>, movesFrom source: IPAddress?
  ) -> HostStep {
    let issued = draft.certificates.compactMap(\.planned)
    let changes = changes(to: draft)
    let isNew = isFirst && present == nil
    let installation = Installation(
      release: draft.number, isFirst: isNew,
      replaces: isFirst ? nil : observation.currentRelease ?? 0, facts: draft.endpoint.facts,
      files: draft.files, certificates: issued, ports: newPorts.sorted().map { Int($0.number) })
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
    guard let release = observation.currentRelease else { return "new in the inventory" }
    let why =
      if case .drift(let why) = observation.manifestProblem { why } else { "cannot be read" }
    return "the manifest of release \(release) there \(why): the whole release is made again"
  }

  /// The ports that nginx listens on for a release.
  static func ports(of facts: EdgeFacts) -> Set<Port> {
    let published = facts.routes.isEmpty ? [] : [Port.http, .https]
    return Set(published + facts.services.map(\.port))
  }

  /// Those that it listens on now, for a release that it is seen to serve.
  private var servedPorts: Set<Port> {
    guard let present, observation.servedReleases.contains(present.number) else { return [] }
    return Self.ports(of: present.facts)
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

  // MARK: - How a release differs from the one before

  private func changes(to draft: ReleaseDraft) -> [FileChange] {
    let snapshot = draft.snapshot
    let files = draft.files
    var changes = files.compactMap { file -> FileChange? in
      guard file.path != ReleasePath.marker.relative else { return nil }
      let old = snapshot.release?.files[file.path]
      let kind: FileChange.Kind = old == nil ? .create : .change
      let isDrifted = snapshot.drifted.contains(file.path)
      switch file.source {
      case .present: return nil
      case .certificate, .key: return FileChange(path: file.path, kind: kind)
      case .local(_, let record):
        guard old?.digest != record.digest || isDrifted else { return nil }
        return FileChange(path: file.path, kind: kind)
      case .text(let text):
        guard old?.digest != input.digest(text) || isDrifted else { return nil }
        return FileChange(
          path: file.path, kind: kind,
          diff: diff(file.path, from: snapshot.texts[file.path] ?? "", to: text))
      }
    }
    let wanted = Set(files.map(\.path))
    for path in snapshot.paths(below: "")
    where !wanted.contains(path) && path != ReleasePath.marker.relative {
      changes.append(
        FileChange(
          path: path, kind: .remove, diff: diff(path, from: snapshot.texts[path] ?? "", to: "")))
    }
    return changes.sorted { $0.path < $1.path }
  }

  private func diff(_ path: String, from old: String, to new: String) -> String {
    guard !path.hasPrefix("tls/") else { return "" }
    return UnifiedDiff.between(
      old, new, oldName: old.isEmpty ? "/dev/null" : "installed/\(path)",
      newName: new.isEmpty ? "/dev/null" : "planned/\(path)")
  }
}
