import State

/// In which order hosts change, so that no working edge breaks at any instant: as few transactions a host
/// and as few barriers as the edge model allows.
struct Choreography {
  private(set) var changes: [HostChange]
  private(set) var tracks: [Track]
  /// The phases of each stage; every host of a stage is done before the next stage begins.
  private(set) var stages: [[Mixture.Phase]] = []
  private let now: Timestamp
  /// For each host the hosts that it shares edges with, now or then.
  private let neighbours: [[Neighbour]]

  struct Neighbour {
    var index: Int
    /// Whether the host itself is the front-end of these edges.
    var isBackEnd: Bool
  }

  /// - Parameters:
  ///   - changes: sorted by name.
  ///   - authorities: the key identifiers of all whose certificates are at hand.
  init(_ changes: [HostChange], authorities: Set<String>, at now: Timestamp) {
    self.changes = changes
    self.now = now
    let shown = changes.filter { !$0.isLost }
      .flatMap { [$0.old.client, $0.old.server, $0.new.client, $0.new.server] }
      .compactMap { $0?.issuer }
    let inUse = authorities.intersection(shown)
    tracks = changes.map { $0.canonicalTrack(authoritiesInUse: inUse, of: authorities) }
    neighbours = Self.neighbours(of: changes)
    for host in tracks.indices where !tracks[host].phases.isEmpty { simplify(host) }
    mergePhases()
  }

  private static func neighbours(of changes: [HostChange]) -> [[Neighbour]] {
    let indices = Dictionary(
      uniqueKeysWithValues: changes.indices.map { (changes[$0].name, $0) })
    var neighbours: [[Neighbour]] = Array(repeating: [], count: changes.count)
    for (frontEnd, change) in changes.enumerated() where !change.isLost {
      for name in Set(change.old.routes.keys).union(change.new.routes.keys).sorted() {
        guard let backEnd = indices[name], backEnd != frontEnd, !changes[backEnd].isLost else {
          continue
        }
        neighbours[frontEnd].append(Neighbour(index: backEnd, isBackEnd: true))
        neighbours[backEnd].append(Neighbour(index: frontEnd, isBackEnd: false))
      }
    }
    return neighbours
  }
}

// MARK: - As few transactions and barriers as can be

extension Choreography {
  /// Leaves out what the host need not go through.
  private mutating func simplify(_ host: Int) {
    let track = tracks[host]
    let phases: [Mixture.Phase] =
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

  private func isSafe(_ host: Int) -> Bool {
    neighbours[host].allSatisfy { neighbour in
      changes[neighbour.index].isHeld
        ? isSafe(host, beside: neighbour) : isSafe(host, neighbour)
    }
  }

  /// One that cannot change now is waited for in the last step alone, and not with all that could be done
  /// before.
  private func isSafe(_ host: Int, beside held: Neighbour) -> Bool {
    let last = tracks[host].states.count - 1
    let positions = last == 1 ? 1..<2 : 1..<last
    return positions.allSatisfy { works(host, $0, held, 0) }
  }

  /// Whether nothing breaks between two hosts in any order that the phases leave open.
  private func isSafe(_ host: Int, _ neighbour: Neighbour) -> Bool {
    Mixture.Phase.allCases.allSatisfy { phase in
      let (own, other) = (tracks[host], tracks[neighbour.index])
      let ownPositions = Set([own.position(before: phase), own.position(behind: phase)])
      let others = Set([other.position(before: phase), other.position(behind: phase)])
      return ownPositions.allSatisfy { position in
        others.allSatisfy { works(host, position, neighbour, $0) }
      }
    }
  }

  /// Whether every route between two hosts leads to an answer while they are in these states, but for
  /// those that led nowhere from the start.
  private func works(_ host: Int, _ position: Int, _ neighbour: Neighbour, _ other: Int) -> Bool {
    let broken = brokenRoutes(host, position, neighbour, other)
    return broken.isEmpty || broken.isSubset(of: brokenRoutes(host, 0, neighbour, 0))
  }

  private func brokenRoutes(
    _ host: Int, _ position: Int, _ neighbour: Neighbour, _ other: Int,
    tolerating tolerated: EdgeModel.Obstacle? = nil
  ) -> Set<EdgeFacts.Route> {
    let own = tracks[host].states[position].endpoint
    let their = tracks[neighbour.index].states[other].endpoint
    return neighbour.isBackEnd
      ? EdgeModel.brokenRoutes(
        from: own, to: their, named: changes[neighbour.index].name, at: now,
        tolerating: tolerated)
      : EdgeModel.brokenRoutes(
        from: their, to: own, named: changes[host].name, at: now, tolerating: tolerated)
  }

  /// Drops the barriers that no edge needs.
  private mutating func mergePhases() {
    var hosts: [Mixture.Phase: [Int]] = [:]
    for (host, track) in tracks.enumerated() {
      for phase in track.phases { hosts[phase, default: []].append(host) }
    }
    var members: [Set<Int>] = []
    for phase in Mixture.Phase.allCases {
      guard let group = hosts[phase].map(Set.init) else { continue }
      if let last = members.last, last.isDisjoint(with: group), isSafe(last, before: phase, group) {
        members[members.count - 1].formUnion(group)
        stages[stages.count - 1].append(phase)
      } else {
        members.append(group)
        stages.append([phase])
      }
    }
  }

  /// Whether a group may change in a phase while some of the hosts of the stage before have not yet.
  private func isSafe(_ earlier: Set<Int>, before phase: Mixture.Phase, _ group: Set<Int>) -> Bool {
    group.allSatisfy { host in
      neighbours[host].allSatisfy { neighbour in
        guard earlier.contains(neighbour.index) else { return true }
        let other = tracks[neighbour.index].position(before: phase) - 1
        return works(host, tracks[host].position(behind: phase), neighbour, other)
      }
    }
  }
}

// MARK: - What waits for what

extension Choreography {
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
    neighbours[host].compactMap { neighbour in
      let reached = positions(of: neighbour.index, before: stage(of: host, to: position))
      let last = reached.last { breaks(host, to: position, neighbour, $0) }
      guard let last else { return nil }
      return HostPosition(host: neighbour.index, position: last + 1)
    }
  }

  /// The states that a neighbour may be stuck in when a stage begins; one that cannot change is stuck in
  /// its only one.
  private func positions(of host: Int, before stage: Int) -> Range<Int> {
    if changes[host].isHeld { return 0..<1 }
    return 0..<(1..<tracks[host].states.count).count { self.stage(of: host, to: $0) < stage }
  }

  private func breaks(_ host: Int, to position: Int, _ neighbour: Neighbour, _ other: Int) -> Bool {
    // Who has a revoked certificate and cannot be given another is refused all the same.
    let broken = brokenRoutes(host, position, neighbour, other, tolerating: .revoked)
    guard !broken.isEmpty else { return false }
    let before = brokenRoutes(host, position - 1, neighbour, other, tolerating: .revoked)
    guard neighbour.isBackEnd else { return !broken.isSubset(of: before) }
    let working = tracks[host].states[position - 1].endpoint
      .routes(to: changes[neighbour.index].name).subtracting(before)
    return !Set(working.map(\.site)).isDisjoint(with: broken.map(\.site))
  }

  /// For each site that a front-end publishes already and goes on publishing: where its requests can
  /// go, at least one of which must have come about.
  func ways(of host: Int, to position: Int) -> [String: [HostPosition]] {
    let after = tracks[host].states[position]
    let published = reachedSites(of: host, at: position - 1)
    var ways: [String: [HostPosition]] = [:]
    for neighbour in neighbours[host] where neighbour.isBackEnd {
      let routes = after.endpoint.routes(to: changes[neighbour.index].name)
        .filter { published.contains($0.site) }
      let limit = positions(of: neighbour.index, before: stage(of: host, to: position)).upperBound
      let last = changes[neighbour.index].isHeld ? 0 : limit
      for site in Set(routes.map(\.site)) {
        let reached = (0...last).first { other in
          !routes.filter { $0.site == site }.isSubset(
            of: brokenRoutes(host, position, neighbour, other, tolerating: .revoked))
        }
        // A site that leads nowhere whatever comes about has no way, and is held up.
        ways[site, default: []] +=
          reached.map {
            [HostPosition(host: neighbour.index, position: $0)]
          } ?? []
      }
    }
    return ways.filter { !$0.value.contains { $0.position == 0 } }
  }

  /// The sites that a front-end has a working route for.
  private func reachedSites(of host: Int, at position: Int) -> Set<String> {
    var sites: Set<String> = []
    for neighbour in neighbours[host] where neighbour.isBackEnd {
      let name = changes[neighbour.index].name
      let routes = tracks[host].states[position].endpoint.routes(to: name)
      for other in tracks[neighbour.index].states.indices {
        sites.formUnion(
          routes.subtracting(brokenRoutes(host, position, neighbour, other)).map(\.site))
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
