import Fleet
import Inventories
import State

/// What the host's own nginx has on the ports of a release, on which both listen.
///
/// nginx validates all of this, and then does not listen, or does not answer as either side expects.
struct SharedPorts {
  private let surroundings: HostSurroundings
  private let address: IPAddress
  private let needed: Set<Int>
  /// Those of the release that the host has.
  private let held: Set<Int>
  /// The names that its sites have on each port, in order.
  private let names: [Int: [String]]

  init(of host: Host, _ observation: HostObservation, _ inventory: Inventory) {
    surroundings = observation.surroundings
    address = host.address
    let published = inventory.sites(publishedBy: host.name).isEmpty ? [] : [Port.http, .https]
    let served = inventory.sites(servedBy: host.name).flatMap { site in
      site.upstreams(on: host.name).map(\.port)
    }
    needed = Set((published + served).map { Int($0.number) })
    let facts = observation.manifest?.release.facts
    held = Set(facts.map { $0.listeningPorts.map { Int($0.number) } } ?? [])
    names = Self.names(on: host, inventory)
  }

  private static func names(on host: Host, _ inventory: Inventory) -> [Int: [String]] {
    var names: [Int: [String]] = [:]
    for site in inventory.sites(publishedBy: host.name) {
      for port in [Port.http, .https] {
        names[Int(port.number), default: []] += ([site.domain] + site.aliases).map(\.text)
      }
    }
    for site in inventory.sites(servedBy: host.name) {
      for port in Set(site.upstreams(on: host.name).map(\.port)) {
        names[Int(port.number), default: []].append(site.domain.text)
      }
    }
    return names
  }

  /// Why a release must not come that takes a port for the first time, or cannot take one at all.
  var blockers: [String] {
    needed.sorted().flatMap { port in
      surroundings.orphanedPorts.contains(port)
        ? [orphans(port)] : held.contains(port) ? [] : reasons(of: port)
    }
  }

  /// What is wrong already, and stays so if the host is left alone.
  var warnings: [String] {
    needed.intersection(held).subtracting(surroundings.orphanedPorts).sorted().flatMap(reasons)
      + needed.sorted().flatMap(takenNames)
  }

  private func reasons(of port: Int) -> [String] {
    sockets(port) + otherProtocol(port) + bothFamilies(port) + lostDefault(port) + lostNames(port)
  }

  private func listens(_ port: Int) -> [HostSurroundings.NginxListen] {
    surroundings.nginxListens.filter { $0.port == port }
  }

  private func orphans(_ port: Int) -> String {
    let processes = surroundings.orphanedWorkers.map(String.init)
    let those = processes.count == 1 ? "process" : "processes"
    return "port \(port) is held by workers of nginx whose master is gone (\(those)"
      + " \(processes.joined(separator: ", "))): end them with"
      + " \"kill -QUIT \(processes.joined(separator: " "))\", start nginx, and run again"
  }

  /// bind(2) fails for every address where the same nginx has the port at one, until it starts anew; and
  /// connections to that address go to the servers of that address alone.
  private func sockets(_ port: Int) -> [String] {
    let own = surroundings.listeners.filter { $0.program == "nginx" && $0.port == port }
      .compactMap { IPAddress($0.address) }
    let specific = own.filter { address in
      !address.isUnspecified
        && !own.contains { $0.isUnspecified && $0.bitWidth == address.bitWidth }
    }
    let remedy = "write \"listen \(port)\" there, restart nginx, and run again"
    if let first = specific.sorted().first {
      let said = listens(port).first { IPAddress($0.address) == first }
      return [
        "its nginx listens on \(first.inURL):\(port)\(said.map { " (\($0.quoted))" } ?? ""), and can listen"
          + " on port \(port) of every address only after a restart: "
          + (said == nil
            ? "have that site listen on the port alone, restart nginx, and run again" : remedy)
      ]
    }
    return listens(port).filter { IPAddress($0.address) == address }.prefix(1).map {
      "\($0.quoted) takes every connection to \(address.inURL):\(port), where visitors and front-ends"
        + " come: \(remedy)"
    }
  }

  private func otherProtocol(_ port: Int) -> [String] {
    let others = listens(port).filter { listen in
      listen.takesProxyProtocol
        && (IPAddress(listen.address).map { $0.isUnspecified || $0 == address } ?? false)
    }
    return others.prefix(1).map {
      "\($0.quoted) has nginx expect the PROXY protocol of every connection to port \(port), and"
        + " neither visitors nor front-ends speak it: take proxy_protocol away there, or give that site"
        + " a port of its own, reload nginx, and run again"
    }
  }

  private func bothFamilies(_ port: Int) -> [String] {
    listens(port).filter { $0.takesBothFamilies && !held.contains(port) }.prefix(1).map {
      "\($0.quoted) takes IPv4 as well, and nginx cannot listen on port \(port) of IPv4 beside it:"
        + " write \"listen \(port)\" and \"listen [::]:\(port)\" there, restart nginx, and run again"
    }
  }

  /// Servers that have the name of a site as well: nginx asks the first one that it reads, and the other
  /// never.
  private func rivals(_ port: Int, behind: Bool) -> [(name: String, HostSurroundings.NginxListen)] {
    let others = listens(port).filter { listen in
      listen.isBehindRelease == behind && (IPAddress(listen.address)?.isUnspecified ?? false)
    }
    return (names[port] ?? []).compactMap { name in
      others.first { $0.names.contains(name) }.map { (name, $0) }
    }
  }

  private func lostNames(_ port: Int) -> [String] {
    rivals(port, behind: false).map { name, other in
      "\(other.file):\(other.line) is a server of \(name) on port \(port) too, and nginx reads it before the"
        + " release, so the release's site does not answer there: take the name or the server away there,"
        + " reload nginx, and run again"
    }
  }

  private func takenNames(_ port: Int) -> [String] {
    rivals(port, behind: true).map { name, other in
      "\(other.file):\(other.line) is a server of \(name) on port \(port) too, and nginx reads it behind the"
        + " release, so the release's site answers in its place"
    }
  }

  /// A server that is the default because nginx reads it first no longer is behind the release's.
  private func lostDefault(_ port: Int) -> [String] {
    let lost = ["0.0.0.0", "::"].compactMap { any -> HostSurroundings.NginxListen? in
      let all = listens(port).filter { IPAddress($0.address) == IPAddress(any) }
      guard let first = all.first, first.isBehindRelease, !all.contains(where: \.isDefault)
      else { return nil }
      return first
    }
    guard let first = lost.first else { return [] }
    let places = lost.dropFirst().map { ", and behind \($0.quoted)" }.joined()
    return [
      "nginx reads the release before \(first.file):\(first.line), so the release answers what is asked of"
        + " port \(port) without the name of a site, and the server there no longer does: write"
        + " \"default_server\" behind \(first.quoted)\(places), reload nginx, and run again"
    ]
  }
}

extension HostSurroundings.NginxListen {
  fileprivate var quoted: String { "\"\(text)\" in \(file):\(line)" }
}

extension IPAddress {
  fileprivate var isUnspecified: Bool { self == .v4(0) || self == .v6(0) }
}
