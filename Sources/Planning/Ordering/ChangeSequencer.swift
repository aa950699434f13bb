import Fleet
import State

/// In which order hosts change, so that no working edge breaks at any instant: as few transactions a host
/// and as few barriers as the edge model allows.
struct ChangeSequencer {
  private(set) var changes: [HostChange]
  private(set) var tracks: [Track]
  /// The phases of each stage; every host of a stage is done before the next stage begins.
  private(set) var stages: [[TransitionState.Phase]] = []
  private let now: Timestamp
  /// For each host the links that it has a part in.
  private let links: [[EdgePath]]

  /// - Parameters:
  ///   - changes: sorted by name.
  ///   - caGenerations: the key identifiers of all whose certificates are at hand.
  init(_ changes: [HostChange], caGenerations: Set<String>, at now: Timestamp) {
    self.changes = changes
    self.now = now
    let shown = changes.filter { !$0.isLost && !$0.isShutOut }
      .flatMap { [$0.old.client, $0.old.server, $0.new.client, $0.new.server] }
      .compactMap { $0?.issuer }
    let inUse = caGenerations.intersection(shown)
    tracks = changes.map { $0.canonicalTrack(usedCAs: inUse, of: caGenerations) }
    links = EdgePath.all(of: changes)
    for host in tracks.indices where !tracks[host].phases.isEmpty { simplify(host) }
    mergePhases()
  }
}

// MARK: - As few transactions and barriers as can be

extension ChangeSequencer {
  /// Leaves out what the host need not go through.
  private mutating func simplify(_ host: Int) {
    guard !changes[host].isShutOut else { return }
    let track = tracks[host]
    let phases: [TransitionState.Phase] =
      changes[host].serves ? [.serve, .forget, .use, .trust] : [.use, .forget, .serve, .trust]
    if tryTracks(phases.map(track.direct), host) { return }
    var position = 1
    while position < tracks[host].states.count - 1 {
      let track = tracks[host]
      let shorter = [true, false].map { track.skipping(position, advancing: $0) }
      if !tryTracks(shorter, host) { position += 1 }
    }
  }

  private mutating func tryTracks(_ candidates: [Track], _ host: Int) -> Bool {
    let track = tracks[host]
    for candidate in candidates {
      tracks[host] = candidate
      if isSafe(host) { return true }
    }
    tracks[host] = track
    return false
  }

  /// Whether nothing breaks in any order that the phases leave open.
  ///
  /// One that cannot change now is waited for in the last step alone, and not with all that could be done
  /// before.
  private func isSafe(_ host: Int) -> Bool {
    let last = tracks[host].states.count - 1
    return links[host].allSatisfy { link in
      let waits = last > 1 && link.hosts.contains { changes[$0].isHeld }
      return TransitionState.Phase.allCases.allSatisfy { phase in
        link.moments { around(phase, $0) }.allSatisfy { moment in
          waits && link.position(of: host, in: moment) == last || works(link, moment)
        }
      }
    }
  }

  /// The states that a host may be in during a phase.
  private func around(_ phase: TransitionState.Phase, _ host: Int) -> [Int] {
    let (before, behind) = (
      tracks[host].position(before: phase), tracks[host].position(behind: phase)
    )
    return before == behind ? [before] : [before, behind]
  }

  /// Whether every route of a link leads to an answer at a moment, but for those that led nowhere from
  /// the start.
  private func works(_ link: EdgePath, _ moment: EdgePath.Interleaving) -> Bool {
    let broken = brokenRoutes(link, moment)
    return broken.isEmpty || broken.isSubset(of: brokenRoutes(link, link.start))
  }

  private func brokenRoutes(_ link: EdgePath, _ moment: EdgePath.Interleaving) -> Set<
    EdgeFacts.Route
  > {
    func endpoint(_ part: Int) -> Endpoint {
      tracks[link.hosts[part]].states[moment[part]].endpoint
    }
    return EdgeModel.brokenRoutes(
      from: endpoint(EdgePath.frontEnd), to: endpoint(EdgePath.backEnd),
      named: changes[link.hosts[EdgePath.backEnd]].name, through: link.containerHost.map(endpoint),
      at: now)
  }

  /// Drops the barriers that no edge needs.
  private mutating func mergePhases() {
    var hosts: [TransitionState.Phase: [Int]] = [:]
    for (host, track) in tracks.enumerated() {
      for phase in track.phases { hosts[phase, default: []].append(host) }
    }
    var members: [Set<Int>] = []
    for phase in TransitionState.Phase.allCases {
      guard let group = hosts[phase].map(Set.init) else { continue }
      if let last = members.last, phase != .revoked, last.isDisjoint(with: group),
        isSafe(last, before: phase, group)
      {
        members[members.count - 1].formUnion(group)
        stages[stages.count - 1].append(phase)
      } else {
        members.append(group)
        stages.append([phase])
      }
    }
  }

  /// Whether a group may change in a phase while some of the hosts of the stage before have not yet.
  private func isSafe(_ earlier: Set<Int>, before phase: TransitionState.Phase, _ group: Set<Int>)
    -> Bool
  {
    group.allSatisfy { host in
      links[host].allSatisfy { link in
        guard !earlier.isDisjoint(with: link.hosts) else { return true }
        return link.moments { other in
          let before = tracks[other].position(before: phase)
          if earlier.contains(other) { return [before - 1, before] }
          return group.contains(other) ? around(phase, other) : [before]
        }.allSatisfy { works(link, $0) }
      }
    }
  }
}

// MARK: - What waits for what

extension ChangeSequencer {
  /// The stage of a host's transaction, by the position of the state that it leads to.
  func stage(of host: Int, to position: Int) -> Int {
    let phase = tracks[host].phases[position - 1]
    guard let stage = stages.firstIndex(where: { $0.contains(phase) }) else {
      preconditionFailure("A phase has no stage. This is a bug in deploy.")
    }
    return stage
  }

  /// What must have come about on other hosts before the host goes on, because an edge would break
  /// where that failed.
  func needs(of host: Int, to position: Int) -> [HostPosition] {
    var needed: [Int: Int] = [:]
    for link in lasting(of: host) {
      for other in link.others(than: host) {
        let reached = positions(of: other, before: stage(of: host, to: position))
        let last = reached.last { stuck in
          breaks(host, to: position, link) { $0 == other ? stuck : best($0, for: host, position) }
        }
        if let last { needed[other] = max(needed[other] ?? 0, last + 1) }
      }
    }
    return needed.sorted { $0.key < $1.key }
      .map { HostPosition(host: $0.key, position: $0.value) }
  }

  /// The links of a host that others may be held up for: none of a host with a revoked certificate, which
  /// is nobody's to wait for and itself waits for nobody.
  private func lasting(of host: Int) -> [EdgePath] {
    links[host].filter { link in !link.hosts.contains { changes[$0].isRevoked } }
  }

  /// The states that a host may be stuck in when a stage begins; one that cannot change is stuck in
  /// its only one.
  private func positions(of host: Int, before stage: Int) -> Range<Int> {
    if changes[host].isHeld { return 0..<1 }
    return 0..<(1..<tracks[host].states.count).count { self.stage(of: host, to: $0) < stage }
  }

  /// What a host has come to when another one goes on, where nothing failed.
  private func best(_ other: Int, for host: Int, _ position: Int) -> Int {
    changes[other].isHeld
      ? 0 : positions(of: other, before: stage(of: host, to: position)).upperBound
  }

  private func breaks(
    _ host: Int, to position: Int, _ link: EdgePath, beside others: (Int) -> Int
  ) -> Bool {
    func moment(_ own: Int) -> EdgePath.Interleaving {
      link.moment { $0 == host ? own : others($0) }
    }
    let broken = brokenRoutes(link, moment(position))
    guard !broken.isEmpty else { return false }
    let before = brokenRoutes(link, moment(position - 1))
    guard link.hosts[EdgePath.frontEnd] == host else { return !broken.isSubset(of: before) }
    let working = tracks[host].states[position - 1].endpoint
      .routes(to: changes[link.hosts[EdgePath.backEnd]].name).subtracting(before)
    return !Set(working.map(\.site)).isDisjoint(with: broken.map(\.site))
  }

  /// For each site that a front-end publishes already and goes on publishing: where its requests can
  /// go, one of which must have come about: the back-end first, and what it is reached through.
  func ways(of host: Int, to position: Int) -> [DomainName: [[HostPosition]]] {
    let after = tracks[host].states[position]
    let published = reachedSites(of: host, at: position - 1)
    var ways: [DomainName: [[HostPosition]]] = [:]
    for link in lasting(of: host) where link.hosts[EdgePath.frontEnd] == host {
      let others = link.others(than: host)
      let routes = after.endpoint.routes(to: changes[link.hosts[EdgePath.backEnd]].name)
        .filter { published.contains($0.site) }
      for site in Set(routes.map(\.site)) {
        let own = routes.filter { $0.site == site }
        let reached = link.moments { other in
          other == host ? [position] : Array(0...best(other, for: host, position))
        }.first { !own.isSubset(of: brokenRoutes(link, $0)) }
        // A site that leads nowhere whatever comes about has no way, and is held up.
        ways[site, default: []] +=
          reached.map { moment in
            [others.map { HostPosition(host: $0, position: link.position(of: $0, in: moment)) }]
          } ?? []
      }
    }
    return ways.filter { !$0.value.contains { $0.allSatisfy { $0.position == 0 } } }
  }

  /// The sites that a front-end has a working route for.
  private func reachedSites(of host: Int, at position: Int) -> Set<DomainName> {
    var sites: Set<DomainName> = []
    for link in lasting(of: host) where link.hosts[EdgePath.frontEnd] == host {
      let name = changes[link.hosts[EdgePath.backEnd]].name
      let routes = tracks[host].states[position].endpoint.routes(to: name)
      for moment in link.moments({ $0 == host ? [position] : Array(tracks[$0].states.indices) }) {
        sites.formUnion(routes.subtracting(brokenRoutes(link, moment)).map(\.site))
      }
    }
    return sites
  }

  struct HostPosition: Hashable {
    var host: Int
    /// Of its state; 0 is what it is now.
    var position: Int
  }
}
