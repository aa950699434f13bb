import Firewall
import Fleet
import State

/// The hosts that requests pass from a front-end to a back-end, each by its position among the hosts of a
/// change: a large fleet has hundreds of thousands of paths.
struct EdgePath: Sendable {
  let frontEnd: Int
  let backEnd: Int
  /// The host that the back-end is a container of, which may be the front-end; nil if it is not a container.
  let containerHost: Int?

  /// The hosts of the path other than one of them.
  func others(than host: Int) -> [Int] {
    let others = frontEnd == host ? [backEnd] : backEnd == host ? [frontEnd] : [frontEnd, backEnd]
    guard let containerHost, containerHost != frontEnd, containerHost != host else { return others }
    return others + [containerHost]
  }

  /// Whether a condition holds for one of its hosts.
  func contains(where condition: (Int) -> Bool) -> Bool {
    condition(frontEnd) || condition(backEnd) || containerHost.map(condition) == true
  }
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

  func interleaving(_ position: (Int) -> Int) -> Interleaving {
    Interleaving(
      frontEnd: position(frontEnd), backEnd: position(backEnd),
      containerHost: containerHost.map(position))
  }

  /// The positions that each of its hosts may have.
  func positions(_ positions: (Int) -> ClosedRange<Int>) -> Positions {
    Positions(
      frontEnd: positions(frontEnd), backEnd: positions(backEnd),
      containerHost: containerHost.flatMap { $0 == frontEnd ? nil : positions($0) })
  }

  struct Positions {
    var frontEnd: ClosedRange<Int>
    var backEnd: ClosedRange<Int>
    /// Nil if there is none, or if it is the front-end.
    var containerHost: ClosedRange<Int>?

    /// The first combination for which a condition holds.
    func first(where condition: (Interleaving) -> Bool) -> Interleaving? {
      for frontEnd in frontEnd {
        for backEnd in backEnd {
          for other in containerHost ?? frontEnd...frontEnd {
            let interleaving = Interleaving(
              frontEnd: frontEnd, backEnd: backEnd, containerHost: other)
            if condition(interleaving) { return interleaving }
          }
        }
      }
      return nil
    }
  }

  /// - Precondition: the host is part of the path.
  func position(of host: Int, in interleaving: Interleaving) -> Int {
    let position: Int? =
      switch host {
      case frontEnd: interleaving.frontEnd
      case backEnd: interleaving.backEnd
      default: interleaving.containerHost
      }
    guard let position else {
      preconditionFailure("A host is not part of the path. This is a bug in deploy.")
    }
    return position
  }
}

// MARK: - The paths of a change

extension EdgePath {
  /// The paths before or after the change; these must not break.
  ///
  /// - Parameter changes: sorted by name.
  static func all(of changes: [HostChange]) -> [EdgePath] {
    let positions = Dictionary(
      uniqueKeysWithValues: changes.enumerated().map { ($1.name, $0) })
    let containerHosts = containerHosts(changes, positions)
    var paths: [EdgePath] = []
    for (frontEnd, change) in changes.enumerated() where !change.isLost {
      let backEnds = Set(
        change.old.routes.keys.compactMap { positions[$0] }
          + change.new.routes.keys.compactMap { positions[$0] })
      for backEnd in backEnds.sorted() where backEnd != frontEnd && !changes[backEnd].isLost {
        let path = EdgePath(
          frontEnd: frontEnd, backEnd: backEnd,
          containerHost: containerHosts[backEnd])
        if !path.contains(where: { changes[$0].isShutOut }) { paths.append(path) }
      }
    }
    return paths
  }

  /// The pairs of paths from a front-end to a container and to the container's host, in both directions.
  static func moves(among paths: [EdgePath]) -> [Int: Int] {
    struct Ends: Hashable { var frontEnd: Int, backEnd: Int }
    let toContainers = paths.indices.filter { paths[$0].containerHost != nil }
    let containers = Dictionary(
      toContainers.map {
        (Ends(frontEnd: paths[$0].frontEnd, backEnd: paths[$0].containerHost ?? 0), $0)
      },
      uniquingKeysWith: { first, _ in first })
    var moves: [Int: Int] = [:]
    guard !containers.isEmpty else { return moves }
    for (direct, path) in paths.enumerated() {
      guard let container = containers[Ends(frontEnd: path.frontEnd, backEnd: path.backEnd)] else {
        continue
      }
      (moves[direct], moves[container]) = (container, direct)
    }
    return moves
  }

  /// The host that publishes each container.
  private static func containerHosts(
    _ changes: [HostChange], _ positions: [HostName: Int]
  ) -> [Int: Int] {
    var hosts: [Int: Int] = [:]
    for (position, change) in changes.enumerated() {
      for publications in [change.old.publications, change.new.publications] {
        for publication in publications where publication.host != change.name {
          if let container = positions[publication.host] { hosts[container] = position }
        }
      }
    }
    return hosts
  }
}
