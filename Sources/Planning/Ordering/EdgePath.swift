import Firewall
import Fleet
import State

/// Hosts between which requests pass: a front-end, a back-end, and what the back-end is reached through.
struct EdgePath {
  /// The part that a host has, as its index in `hosts`.
  static let frontEnd = 0
  static let backEnd = 1

  /// Indices of the change's hosts.
  private(set) var hosts: [Int]
  /// The part of the host that the back-end is a container of; it may be the front-end's.
  private(set) var containerHost: Int?

  /// The position that each part has on its track.
  typealias Interleaving = [Int]

  private init(_ frontEnd: Int, _ backEnd: Int, through containerHost: Int?) {
    hosts = [frontEnd, backEnd]
    guard let containerHost else { return }
    self.containerHost = containerHost == frontEnd ? Self.frontEnd : hosts.count
    if containerHost != frontEnd { hosts.append(containerHost) }
  }

  /// Where everything begins.
  var start: Interleaving { Array(repeating: 0, count: hosts.count) }

  func others(than host: Int) -> [Int] { hosts.filter { $0 != host } }

  func moment(_ position: (Int) -> Int) -> Interleaving { hosts.map(position) }

  func position(of host: Int, in moment: Interleaving) -> Int {
    zip(hosts, moment).first { $0.0 == host }?.1 ?? 0
  }

  /// Every combination of the positions that each host may have; those of the last host change first.
  func moments(_ positions: (Int) -> [Int]) -> [Interleaving] {
    hosts.reduce([[]]) { moments, host in
      let own = positions(host)
      return moments.flatMap { moment in own.map { moment + [$0] } }
    }
  }
}

extension EdgePath {
  /// For each host the links that it has a part in, now or then: those that a change has to keep.
  static func all(of changes: [HostChange]) -> [[EdgePath]] {
    let indices = Dictionary(uniqueKeysWithValues: changes.indices.map { (changes[$0].name, $0) })
    let containerHosts = containerHosts(changes, indices)
    var links: [[EdgePath]] = Array(repeating: [], count: changes.count)
    for (frontEnd, change) in changes.enumerated() where !change.isLost {
      for name in Set(change.old.routes.keys).union(change.new.routes.keys).sorted() {
        guard let backEnd = indices[name], backEnd != frontEnd, !changes[backEnd].isLost else {
          continue
        }
        let link = EdgePath(frontEnd, backEnd, through: containerHosts[backEnd])
        guard !link.hosts.contains(where: { changes[$0].isShutOut }) else { continue }
        for host in link.hosts { links[host].append(link) }
      }
    }
    return links
  }

  /// The host that each container is published by.
  private static func containerHosts(_ changes: [HostChange], _ indices: [HostName: Int]) -> [Int:
    Int]
  {
    var containerHosts: [Int: Int] = [:]
    for (containerHost, change) in changes.enumerated() {
      for publication in change.old.publications + change.new.publications {
        guard let container = indices[publication.host], container != containerHost else {
          continue
        }
        containerHosts[container] = containerHost
      }
    }
    return containerHosts
  }
}
