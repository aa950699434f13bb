import Firewall
import Fleet
import Inventories

extension FleetChecks.ForbiddenConnection {
  /// The limit for a run: each connection to a firewall that drops packets takes seconds until it is given up.
  private static let usualMost = 512

  /// For each port of the selected back-ends, hosts that must be blocked, and the number of all such connections.
  static func all(
    in inventory: Inventory, to selected: Set<HostName>, _ hosts: [HostName: Host]
  ) -> (chosen: [Self], count: Int) {
    let targets = Set(
      inventory.sites.flatMap { site in
        site.upstreams.map {
          GuardedPort(host: $0.host, port: $0.port, network: site.edgeNetworks.to)
        }
      }
    ).sorted()
    let most = max(1, usualMost / max(1, targets.count))
    var strangers = Strangers(inventory)
    var openings: [HostName: [Opening]] = [:]
    var (chosen, count): ([Self], Int) = ([], 0)
    for (index, target) in targets.enumerated() where selected.contains(target.host) {
      guard let backEnd = hosts[target.host] else { continue }
      if openings[backEnd.name] == nil {
        openings[backEnd.name] = ruleset(for: backEnd, in: inventory).openings
      }
      let source = openings[backEnd.name, default: []].source(of: .tcp(target.port))
      let others = strangers.hosts(blockedBy: source, on: backEnd)
      count += others.count
      for offset in 0..<min(most, others.count) {
        let other = others[index + offset]
        // A host outside of the network has no way to the address there.
        let isInside = hosts[other]?.addresses(in: target.network) != nil
        let entry = backEnd.entry(to: target.port, in: isInside ? target.network : .public)
        guard let address = entry.addresses.first else { continue }
        chosen.append(
          Self(host: other, backEnd: backEnd.name, address: address, port: entry.port))
      }
    }
    return (chosen, count)
  }
}

/// A port of a back-end, in a network in which front-ends reach it.
private struct GuardedPort: Hashable, Comparable {
  let host: HostName
  let port: Port
  let network: NetworkName

  static func < (left: GuardedPort, right: GuardedPort) -> Bool {
    (left.host, left.port, left.network) < (right.host, right.port, right.network)
  }
}

/// The hosts that firewalls block. Back-ends of the same front-ends block the same hosts, which are looked for once.
private struct Strangers {
  /// The blocked hosts without the back-end itself, in a circle.
  struct Circle {
    let hosts: [HostName]
    /// The position of the back-end among them; nil if it is not one of them.
    let own: Int?

    var count: Int { hosts.count - (own == nil ? 0 : 1) }

    subscript(position: Int) -> HostName {
      let place = position % count
      return hosts[own.map { place < $0 ? place : place + 1 } ?? place]
    }
  }

  /// Only hosts of which no address is accepted count: the kernel decides from which one a host connects. Connections
  /// of a container come from the address of its container host, so none is tried from containers.
  private let candidates: [Host]
  private var found: [Opening.Source: (hosts: [HostName], places: [HostName: Int])] = [:]

  init(_ inventory: Inventory) {
    candidates = inventory.hosts.filter { $0.placement == .direct }
  }

  mutating func hosts(blockedBy source: Opening.Source, on backEnd: Host) -> Circle {
    guard backEnd.placement == .direct else {
      let blocked = candidates.filter {
        $0.name != backEnd.name
          && !$0.allAddresses.contains { source.contains(backEnd.apparentSource(of: $0)) }
      }
      return Circle(hosts: blocked.map(\.name), own: nil)
    }
    let (hosts, places) =
      found[source]
      ?? {
        let hosts = candidates.filter { !$0.allAddresses.contains(where: source.contains) }
          .map(\.name)
        return (
          hosts, Dictionary(uniqueKeysWithValues: hosts.enumerated().map { ($1, $0) })
        )
      }()
    found[source] = (hosts, places)
    return Circle(hosts: hosts, own: places[backEnd.name])
  }
}
