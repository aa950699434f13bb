import Firewall
import Fleet
import State

/// The hosts that requests pass from a front-end to a back-end.
struct EdgePath {
  let frontEnd: HostName
  let backEnd: HostName
  /// The host that the back-end is a container of, which may be the front-end; nil if it is not a container.
  let containerHost: HostName?
  /// Each host of the path once.
  let hosts: [HostName]

  private init(from frontEnd: HostName, to backEnd: HostName, through containerHost: HostName?) {
    self.frontEnd = frontEnd
    self.backEnd = backEnd
    self.containerHost = containerHost
    let others = containerHost.map { $0 == frontEnd ? [] : [$0] } ?? []
    hosts = [frontEnd, backEnd] + others
  }

  func others(than host: HostName) -> [HostName] { hosts.filter { $0 != host } }
}

// MARK: - Progress of its hosts

extension EdgePath {
  /// The progress of each host of a path at one moment, as positions on their tracks.
  struct Interleaving {
    var frontEnd: Int
    var backEnd: Int
    /// The position of the container host, which may be the front-end; nil if there is none.
    var containerHost: Int?
  }

  /// Before anything changes.
  var start: Interleaving { interleaving { _ in 0 } }

  func interleaving(_ position: (HostName) -> Int) -> Interleaving {
    Interleaving(
      frontEnd: position(frontEnd), backEnd: position(backEnd),
      containerHost: containerHost.map(position))
  }

  /// Every combination of the positions that each host may have.
  func interleavings(_ positions: (HostName) -> [Int]) -> [Interleaving] {
    let (frontEnds, backEnds) = (positions(frontEnd), positions(backEnd))
    guard let containerHost, containerHost != frontEnd else {
      return frontEnds.flatMap { frontEnd in
        backEnds.map { .init(frontEnd: frontEnd, backEnd: $0, containerHost: frontEnd) }
      }
    }
    let containerHosts = positions(containerHost)
    return frontEnds.flatMap { frontEnd in
      backEnds.flatMap { backEnd in
        containerHosts.map { .init(frontEnd: frontEnd, backEnd: backEnd, containerHost: $0) }
      }
    }
  }

  /// - Precondition: the host is part of the path.
  func position(of host: HostName, in interleaving: Interleaving) -> Int {
    let position: Int? =
      switch host {
      case frontEnd: interleaving.frontEnd
      case backEnd: interleaving.backEnd
      default: interleaving.containerHost
      }
    guard let position else {
      preconditionFailure("\(host) is not part of the path. This is a bug in deploy.")
    }
    return position
  }
}

// MARK: - The paths of a change

extension EdgePath {
  /// For each host the paths that it is part of before or after the change; these must not break.
  static func all(of changes: [HostChange]) -> [HostName: [EdgePath]] {
    let byName = Dictionary(uniqueKeysWithValues: changes.map { ($0.name, $0) })
    let containerHosts = containerHosts(changes)
    var paths: [HostName: [EdgePath]] = [:]
    for change in changes where !change.isLost {
      for backEnd in Set(change.old.routes.keys).union(change.new.routes.keys).sorted() {
        guard backEnd != change.name, byName[backEnd]?.isLost == false else { continue }
        let path = EdgePath(from: change.name, to: backEnd, through: containerHosts[backEnd])
        guard !path.hosts.contains(where: { byName[$0]?.isShutOut == true }) else { continue }
        for host in path.hosts { paths[host, default: []].append(path) }
      }
    }
    return paths
  }

  /// The host that publishes each container.
  private static func containerHosts(_ changes: [HostChange]) -> [HostName: HostName] {
    var hosts: [HostName: HostName] = [:]
    for change in changes {
      for publication in change.old.publications + change.new.publications
      where publication.host != change.name {
        hosts[publication.host] = change.name
      }
    }
    return hosts
  }
}
