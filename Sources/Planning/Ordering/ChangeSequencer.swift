import Fleet
import State

/// Decides in which order hosts change so that no working edge breaks at any instant, with as few
/// transactions for each host and as few barriers as the edge model allows.
struct ChangeSequencer {
  /// A host of the change with the states that it goes through and the request paths that it is part of.
  private struct Member {
    let change: HostChange
    var track: Track
    let paths: [EdgePath]
  }

  /// The phases of each stage; every host of a stage is done before the next stage begins.
  private(set) var stages: [[TransitionState.Phase]] = []
  private var members: HostTable<Member>
  private let now: Timestamp

  /// - Parameters:
  ///   - changes: sorted by name.
  ///   - caGenerations: the key identifiers of all CA generations whose certificates are available.
  init(_ changes: [HostChange], caGenerations: Set<String>, at now: Timestamp) {
    self.now = now
    let shown = changes.filter { !$0.isLost && !$0.isShutOut }
      .flatMap { [$0.old.client, $0.old.server, $0.new.client, $0.new.server] }
      .compactMap { $0?.issuer }
    let inUse = caGenerations.intersection(shown)
    let paths = EdgePath.all(of: changes)
    members = HostTable(
      changes.map { change in
        let track = change.canonicalTrack(usedCAs: inUse, of: caGenerations)
        return (change.name, Member(change: change, track: track, paths: paths[change.name] ?? []))
      })
    for host in hosts where track(of: host).last > 0 { simplify(host) }
    mergePhases()
  }

  /// Sorted by name.
  var hosts: [HostName] { members.hosts }

  /// The states that a host goes through.
  func track(of host: HostName) -> Track { members[host].track }
}

// MARK: - Removing unnecessary transactions and barriers

extension ChangeSequencer {
  /// Leaves out the states that the host need not go through.
  private mutating func simplify(_ host: HostName) {
    let change = members[host].change
    guard !change.isShutOut else { return }
    let track = track(of: host)
    let phases: [TransitionState.Phase] =
      change.serves ? [.serve, .forget, .use, .trust] : [.use, .forget, .serve, .trust]
    if tryTracks(phases.map(track.direct), host) { return }
    var position = 1
    while position < self.track(of: host).last {
      let track = self.track(of: host)
      let shorter = [true, false].map { track.skipping(position, advancing: $0) }
      if !tryTracks(shorter, host) { position += 1 }
    }
  }

  /// Takes the first track that is safe; none of them if none is.
  private mutating func tryTracks(_ candidates: [Track], _ host: HostName) -> Bool {
    let track = track(of: host)
    for candidate in candidates {
      members[host].track = candidate
      if isSafe(host) { return true }
    }
    members[host].track = track
    return false
  }

  /// Whether nothing breaks in any order that the phases allow.
  ///
  /// A host that cannot change now only delays the last step of others, not the steps before it.
  private func isSafe(_ host: HostName) -> Bool {
    let last = track(of: host).last
    return members[host].paths.allSatisfy { path in
      let waits = last > 1 && path.hosts.contains { members[$0].change.isHeld }
      return TransitionState.Phase.allCases.allSatisfy { phase in
        path.interleavings { around(phase, $0) }.allSatisfy { interleaving in
          waits && path.position(of: host, in: interleaving) == last || works(path, interleaving)
        }
      }
    }
  }

  /// The states that a host may be in during a phase.
  private func around(_ phase: TransitionState.Phase, _ host: HostName) -> [Int] {
    let track = track(of: host)
    let (before, behind) = (track.position(before: phase), track.position(behind: phase))
    return before == behind ? [before] : [before, behind]
  }

  /// Whether every route of a path works, except those that were already broken at the start.
  private func works(_ path: EdgePath, _ interleaving: EdgePath.Interleaving) -> Bool {
    let broken = brokenRoutes(path, interleaving)
    return broken.isEmpty || broken.isSubset(of: brokenRoutes(path, path.start))
  }

  private func brokenRoutes(
    _ path: EdgePath, _ interleaving: EdgePath.Interleaving
  ) -> Set<EdgeFacts.Route> {
    func endpoint(_ host: HostName) -> Endpoint {
      track(of: host).state(at: path.position(of: host, in: interleaving)).endpoint
    }
    return EdgeModel.brokenRoutes(
      from: endpoint(path.frontEnd), to: endpoint(path.backEnd), named: path.backEnd,
      through: path.containerHost.map(endpoint), at: now)
  }

  /// Drops the barriers that no edge needs.
  private mutating func mergePhases() {
    var changing: [TransitionState.Phase: Set<HostName>] = [:]
    for host in hosts {
      for step in track(of: host).steps { changing[step.phase, default: []].insert(host) }
    }
    var groups: [Set<HostName>] = []
    for phase in TransitionState.Phase.allCases {
      guard let group = changing[phase] else { continue }
      if let last = groups.last, phase != .revoked, last.isDisjoint(with: group),
        isSafe(last, before: phase, group)
      {
        groups[groups.count - 1].formUnion(group)
        stages[stages.count - 1].append(phase)
      } else {
        groups.append(group)
        stages.append([phase])
      }
    }
  }

  /// Whether a group may change in a phase while some of the hosts of the stage before have not yet.
  private func isSafe(
    _ earlier: Set<HostName>, before phase: TransitionState.Phase, _ group: Set<HostName>
  ) -> Bool {
    group.allSatisfy { host in
      members[host].paths.allSatisfy { path in
        guard !earlier.isDisjoint(with: path.hosts) else { return true }
        return path.interleavings { other in
          let before = track(of: other).position(before: phase)
          if earlier.contains(other) { return [before - 1, before] }
          return group.contains(other) ? around(phase, other) : [before]
        }.allSatisfy { works(path, $0) }
      }
    }
  }
}

// MARK: - Dependencies between steps

extension ChangeSequencer {
  /// The fact that a host has reached a state of its track.
  struct Milestone: Hashable {
    var host: HostName
    /// The position of the state on the track; 0 is the present state.
    var position: Int
  }

  /// The stage of the transaction that leads to a state of a host's track, by its position in `stages`.
  func stage(of host: HostName, to position: Int) -> Int {
    stage(of: track(of: host).steps[position - 1].phase)
  }

  private func stage(of phase: TransitionState.Phase) -> Int {
    guard let stage = stages.firstIndex(where: { $0.contains(phase) }) else {
      preconditionFailure("A phase has no stage. This is a bug in deploy.")
    }
    return stage
  }

  /// The milestones that other hosts must have reached before a host moves to a state, because an edge
  /// would break without them; sorted by host.
  func needs(of host: HostName, to position: Int) -> [Milestone] {
    var needed: [HostName: Int] = [:]
    for path in lastingPaths(of: host) {
      for other in path.others(than: host) {
        let reached = positions(of: other, before: stage(of: host, to: position))
        let last = reached.last { stuck in
          breaks(host, to: position, path) { $0 == other ? stuck : best($0, for: host, position) }
        }
        if let last { needed[other] = max(needed[other] ?? 0, last + 1) }
      }
    }
    return needed.sorted { $0.key < $1.key }.map { Milestone(host: $0.key, position: $0.value) }
  }

  /// The paths of a host that may delay other hosts. Paths with a host that has a revoked certificate are
  /// left out: no host waits for it, and it waits for none.
  private func lastingPaths(of host: HostName) -> [EdgePath] {
    members[host].paths.filter { path in
      !path.hosts.contains { members[$0].change.isRevoked }
    }
  }

  /// The `lastingPaths` that begin at the host.
  private func lastingRequests(of host: HostName) -> [EdgePath] {
    lastingPaths(of: host).filter { $0.frontEnd == host }
  }

  /// The states that a host may be stuck in when a stage begins; one that cannot change is stuck in
  /// its only one.
  private func positions(of host: HostName, before stage: Int) -> Range<Int> {
    if members[host].change.isHeld { return 0..<1 }
    return 0..<track(of: host).steps.count { self.stage(of: $0.phase) < stage }
  }

  /// The position that a host has reached when another one continues, if nothing failed.
  private func best(_ other: HostName, for host: HostName, _ position: Int) -> Int {
    members[other].change.isHeld
      ? 0 : positions(of: other, before: stage(of: host, to: position)).upperBound
  }

  private func breaks(
    _ host: HostName, to position: Int, _ path: EdgePath, beside others: (HostName) -> Int
  ) -> Bool {
    func broken(_ own: Int) -> Set<EdgeFacts.Route> {
      brokenRoutes(path, path.interleaving { $0 == host ? own : others($0) })
    }
    let after = broken(position)
    guard !after.isEmpty else { return false }
    let before = broken(position - 1)
    guard path.frontEnd == host else { return !after.isSubset(of: before) }
    let working = track(of: host).state(at: position - 1).endpoint.routes(to: path.backEnd)
      .subtracting(before)
    return !Set(working.map(\.site)).isDisjoint(with: after.map(\.site))
  }

  /// For each site that a front-end publishes before and after the step: the alternative milestones, one
  /// of which must be reached. Each alternative has the back-end first, then the hosts before it.
  func ways(of host: HostName, to position: Int) -> [DomainName: [[Milestone]]] {
    let after = track(of: host).state(at: position).endpoint
    let published = reachedSites(of: host, at: position - 1)
    var ways: [DomainName: [[Milestone]]] = [:]
    for path in lastingRequests(of: host) {
      let routes = after.routes(to: path.backEnd).filter { published.contains($0.site) }
      for (site, own) in Dictionary(grouping: routes, by: \.site) {
        let reached = path.interleavings { other in
          other == host ? [position] : Array(0...best(other, for: host, position))
        }.first { !brokenRoutes(path, $0).isSuperset(of: own) }
        // A site that no combination can answer has no alternative, and its step is held up.
        ways[site, default: []] +=
          reached.map { interleaving in
            [
              path.others(than: host).map {
                Milestone(host: $0, position: path.position(of: $0, in: interleaving))
              }
            ]
          } ?? []
      }
    }
    return ways.filter { !$0.value.contains { $0.allSatisfy { $0.position == 0 } } }
  }

  /// The sites that a front-end has a working route for.
  private func reachedSites(of host: HostName, at position: Int) -> Set<DomainName> {
    var sites: Set<DomainName> = []
    for path in lastingRequests(of: host) {
      let routes = track(of: host).state(at: position).endpoint.routes(to: path.backEnd)
      let all = path.interleavings { $0 == host ? [position] : Array(0...track(of: $0).last) }
      for interleaving in all {
        sites.formUnion(routes.subtracting(brokenRoutes(path, interleaving)).map(\.site))
      }
    }
    return sites
  }
}
