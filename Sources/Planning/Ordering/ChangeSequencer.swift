import Fleet
import State

/// Decides in which order hosts change so that no working edge breaks at any instant, with as few
/// transactions for each host and as few barriers as the edge model allows.
///
/// Hosts are known by their positions in the list of changes.
struct ChangeSequencer: Sendable {
  /// The phases of each stage; every host of a stage is done before the next stage begins.
  private(set) var stages: [[TransitionState.Phase]] = []
  let changes: [HostChange]
  /// The states that each host goes through.
  private(set) var tracks: [Track]
  let paths: [EdgePath]
  private var reviews: [PathReview]
  /// For each host the paths that it is part of, by their positions.
  let pathsOfHosts: [[Int]]
  /// From each path to a container the path of the same front-end to the container's host, and the other way
  /// round: a back-end that moves into a container, or out of it, is the same one to its front-ends.
  let moves: [Int: Int]
  let now: Timestamp

  /// - Parameters:
  ///   - changes: sorted by name.
  ///   - caGenerations: the key identifiers of all CA generations whose certificates are available.
  init(
    _ changes: [HostChange], caGenerations: Set<String>, at now: Timestamp,
    on cores: any Parallelism
  ) {
    self.now = now
    self.changes = changes
    var shown: Set<String> = []
    for change in changes where !change.isLost && !change.isShutOut {
      for leaf in [change.old.client, change.old.server, change.new.client, change.new.server] {
        if let issuer = leaf?.issuer { shown.insert(issuer) }
      }
    }
    let inUse = caGenerations.intersection(shown)
    tracks = cores.map(changes) { $0.canonicalTrack(usedCAs: inUse, of: caGenerations) }
    paths = EdgePath.all(of: changes)
    reviews = Array(repeating: PathReview(), count: paths.count)
    pathsOfHosts = Self.pathsOfHosts(paths, count: changes.count)
    moves = EdgePath.moves(among: paths)
    for host in tracks.indices where tracks[host].last > 0 { simplify(host) }
    mergePhases()
  }

  private static func pathsOfHosts(_ paths: [EdgePath], count: Int) -> [[Int]] {
    var positions = Array(repeating: [Int](), count: count)
    for (position, path) in paths.enumerated() {
      positions[path.frontEnd].append(position)
      positions[path.backEnd].append(position)
      if let host = path.containerHost, host != path.frontEnd { positions[host].append(position) }
    }
    return positions
  }
}

// MARK: - Removing unnecessary transactions and barriers

extension ChangeSequencer {
  /// Leaves out the states that the host need not go through.
  private mutating func simplify(_ host: Int) {
    guard !changes[host].isShutOut else { return }
    let track = tracks[host]
    let phases: [TransitionState.Phase] =
      changes[host].serves ? [.serve, .forget, .use, .trust] : [.use, .forget, .serve, .trust]
    if tryTracks(phases.lazy.map(track.direct), host) { return }
    var position = 1
    while position < tracks[host].last {
      let track = tracks[host]
      let shorter = [true, false].lazy.map { track.skipping(position, advancing: $0) }
      if !tryTracks(shorter, host) { position += 1 }
    }
  }

  /// Takes the first track that is safe; none of them if none is.
  private mutating func tryTracks(_ candidates: some Sequence<Track>, _ host: Int) -> Bool {
    let track = tracks[host]
    for candidate in candidates {
      tracks[host] = candidate
      if isSafe(host) { return true }
    }
    tracks[host] = track
    return false
  }

  /// Whether nothing breaks in any order that the phases allow.
  ///
  /// A host that cannot change now only delays the last step of others, not the steps before it.
  private mutating func isSafe(_ host: Int) -> Bool {
    let last = tracks[host].last
    for position in pathsOfHosts[host] {
      let path = paths[position]
      let waits = last > 1 && path.contains { changes[$0].isHeld }
      for phase in TransitionState.Phase.allCases {
        let broken = path.positions { around(phase, $0) }.first { interleaving in
          !(waits && path.position(of: host, in: interleaving) == last)
            && !works(position, interleaving)
        }
        if broken != nil { return false }
      }
    }
    return true
  }

  /// The states that a host may be in during a phase.
  private func around(_ phase: TransitionState.Phase, _ host: Int) -> ClosedRange<Int> {
    tracks[host].position(before: phase)...tracks[host].position(behind: phase)
  }

  /// Whether every route of a path works, except those that were already broken at the start.
  private mutating func works(_ position: Int, _ interleaving: EdgePath.Interleaving) -> Bool {
    let combination = combination(of: paths[position], interleaving)
    if let finding = reviews[position].finding(at: combination) { return finding.works }
    let broken = brokenRoutes(paths[position], interleaving)
    let works =
      broken.isEmpty
      || broken.isSubset(of: brokenRoutes(paths[position], paths[position].start))
    reviews[position].note(.init(isIntact: broken.isEmpty, works: works), at: combination)
    return works
  }

  private func combination(
    of path: EdgePath, _ interleaving: EdgePath.Interleaving
  ) -> PathReview.Combination {
    PathReview.Combination(
      frontEnd: tracks[path.frontEnd].id(at: interleaving.frontEnd),
      backEnd: tracks[path.backEnd].id(at: interleaving.backEnd),
      containerHost: path.containerHost.flatMap { host in
        interleaving.containerHost.map { tracks[host].id(at: $0) }
      } ?? 0)
  }

  /// The routes of a path that are not answered.
  func routesBroken(
    _ position: Int, _ interleaving: EdgePath.Interleaving
  ) -> Set<EdgeFacts.Route> {
    let path = paths[position]
    let finding = reviews[position].finding(at: combination(of: path, interleaving))
    return finding?.isIntact == true ? [] : brokenRoutes(path, interleaving)
  }

  private func brokenRoutes(
    _ path: EdgePath, _ interleaving: EdgePath.Interleaving
  ) -> Set<EdgeFacts.Route> {
    EdgeModel.brokenRoutes(
      from: tracks[path.frontEnd].state(at: interleaving.frontEnd).endpoint,
      to: tracks[path.backEnd].state(at: interleaving.backEnd).endpoint,
      named: changes[path.backEnd].name,
      through: path.containerHost.flatMap { host in
        interleaving.containerHost.map { tracks[host].state(at: $0).endpoint }
      }, at: now)
  }

  /// Drops the barriers that no edge needs.
  private mutating func mergePhases() {
    var groups: [[Bool]] = []
    for phase in TransitionState.Phase.allCases {
      let group = tracks.map { track in track.steps.contains { $0.phase == phase } }
      guard group.contains(true) else { continue }
      if let last = groups.last, phase != .revoked, !zip(last, group).contains(where: { $0 && $1 }),
        isSafe(last, before: phase, group)
      {
        groups[groups.count - 1] = zip(last, group).map { $0 || $1 }
        stages[stages.count - 1].append(phase)
      } else {
        groups.append(group)
        stages.append([phase])
      }
    }
  }

  /// Whether a group may change in a phase while some of the hosts of the stage before have not yet.
  ///
  /// - Parameters:
  ///   - earlier: for each host whether it is one of the stage before.
  ///   - group: for each host whether it is one of the group.
  private mutating func isSafe(
    _ earlier: [Bool], before phase: TransitionState.Phase, _ group: [Bool]
  ) -> Bool {
    for position in paths.indices {
      let path = paths[position]
      guard path.contains(where: { group[$0] }), path.contains(where: { earlier[$0] }) else {
        continue
      }
      let positions = path.positions { host in
        let before = tracks[host].position(before: phase)
        if earlier[host] { return before - 1...before }
        return group[host] ? around(phase, host) : before...before
      }
      if positions.first(where: { !works(position, $0) }) != nil { return false }
    }
    return true
  }
}
