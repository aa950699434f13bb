import Fleet
import State

/// The dependencies between the steps of different hosts.
extension ChangeSequencer {
  /// The fact that a host has reached a state of its track.
  struct Milestone: Hashable {
    var host: Int
    /// The position of the state on the track; 0 is the present state.
    var position: Int
  }

  /// The stage of the transaction that leads to a state of a host's track, by its position in `stages`.
  func stage(of host: Int, to position: Int) -> Int {
    stage(of: tracks[host].steps[position - 1].phase)
  }

  private func stage(of phase: TransitionState.Phase) -> Int {
    guard let stage = stages.firstIndex(where: { $0.contains(phase) }) else {
      preconditionFailure("A phase has no stage. This is a bug in deploy.")
    }
    return stage
  }

  /// The milestones that other hosts must have reached before a host moves to a state, because an edge
  /// would break without them; sorted by host.
  func needs(of host: Int, to position: Int) -> [Milestone] {
    var needed: [Int: Int] = [:]
    for path in lastingPaths(of: host) {
      for other in paths[path].others(than: host) {
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
  private func lastingPaths(of host: Int) -> [Int] {
    pathsOfHosts[host].filter { path in
      !paths[path].contains { changes[$0].isRevoked }
    }
  }

  /// The `lastingPaths` that begin at the host.
  private func lastingRequests(of host: Int) -> [Int] {
    lastingPaths(of: host).filter { paths[$0].frontEnd == host }
  }

  /// The states that a host may be stuck in when a stage begins; one that cannot change is stuck in
  /// its only one.
  private func positions(of host: Int, before stage: Int) -> Range<Int> {
    if changes[host].isHeld { return 0..<1 }
    return 0..<tracks[host].steps.count { self.stage(of: $0.phase) < stage }
  }

  /// The position that a host has reached when another one continues, if nothing failed.
  private func best(_ other: Int, for host: Int, _ position: Int) -> Int {
    changes[other].isHeld
      ? 0 : positions(of: other, before: stage(of: host, to: position)).upperBound
  }

  private func breaks(
    _ host: Int, to position: Int, _ path: Int, beside others: (Int) -> Int
  ) -> Bool {
    func broken(_ own: Int) -> Set<EdgeFacts.Route> {
      routesBroken(path, paths[path].interleaving { $0 == host ? own : others($0) })
    }
    let after = broken(position)
    guard !after.isEmpty else { return false }
    let before = broken(position - 1)
    guard paths[path].frontEnd == host else { return !after.isSubset(of: before) }
    var working = routes(of: path, at: position - 1).subtracting(before)
    if let moved = moves[path] {
      let broken = routesBroken(
        moved, paths[moved].interleaving { $0 == host ? position - 1 : others($0) })
      working.formUnion(routes(of: moved, at: position - 1).subtracting(broken))
    }
    return !Set(working.map(\.site)).isDisjoint(with: after.map(\.site))
  }

  /// The routes of a path's front-end to its back-end.
  private func routes(of path: Int, at position: Int) -> Set<EdgeFacts.Route> {
    tracks[paths[path].frontEnd].state(at: position).endpoint
      .routes(to: changes[paths[path].backEnd].name)
  }

  /// For each site that a front-end publishes before and after the step: the alternative milestones, one
  /// of which must be reached. Each alternative has the back-end first, then the hosts before it.
  func ways(of host: Int, to position: Int) -> [DomainName: [[Milestone]]] {
    let published = reachedSites(of: host, at: position - 1)
      .subtracting(ownSites(of: host, at: position))
    guard !published.isEmpty else { return [:] }
    var ways: [DomainName: [[Milestone]]] = [:]
    for path in lastingRequests(of: host) {
      let routes = routes(of: path, at: position).filter { published.contains($0.site) }
      for (site, own) in Dictionary(grouping: routes, by: \.site) {
        let reached = paths[path].positions { other in
          other == host ? position...position : 0...best(other, for: host, position)
        }.first { !routesBroken(path, $0).isSuperset(of: own) }
        // A site that no combination can answer has no alternative, and its step is held up.
        ways[site, default: []] +=
          reached.map { interleaving in
            [
              paths[path].others(than: host).map {
                Milestone(host: $0, position: paths[path].position(of: $0, in: interleaving))
              }
            ]
          } ?? []
      }
    }
    return ways.filter { !$0.value.contains { $0.allSatisfy { $0.position == 0 } } }
  }

  /// The sites that a front-end has a working route for.
  private func reachedSites(of host: Int, at position: Int) -> Set<DomainName> {
    var sites = ownSites(of: host, at: position)
    for path in lastingRequests(of: host) {
      let routes = routes(of: path, at: position)
      guard !routes.allSatisfy({ sites.contains($0.site) }) else { continue }
      let all = paths[path].positions { other in
        other == host ? position...position : 0...tracks[other].last
      }
      _ = all.first { interleaving in
        sites.formUnion(routes.subtracting(routesBroken(path, interleaving)).map(\.site))
        return routes.allSatisfy { sites.contains($0.site) }
      }
    }
    return sites
  }

  /// The sites whose back-end the front-end itself is; no path has these routes, for they need no other host.
  private func ownSites(of host: Int, at position: Int) -> Set<DomainName> {
    guard !changes[host].isRevoked else { return [] }
    let (endpoint, name) = (tracks[host].state(at: position).endpoint, changes[host].name)
    let broken = EdgeModel.brokenRoutes(
      from: endpoint, to: endpoint, named: name, through: nil, at: now)
    return Set(endpoint.routes(to: name).subtracting(broken).map(\.site))
  }
}
