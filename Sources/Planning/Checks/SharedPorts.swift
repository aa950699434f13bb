import Fleet
import Inventories
import State

/// Finds conflicts between a release and the host's own nginx configuration on the ports that both use.
///
/// `nginx -t` accepts all of these; afterwards nginx does not listen, or answers with the wrong server.
struct SharedPorts {
  private let surroundings: HostSurroundings
  private let addresses: [IPAddress]
  private let needed: Set<Int>
  /// The ports of the present release.
  private let held: Set<Int>
  /// The server names of the release on each port, in order.
  private let names: [Int: [String]]

  /// - Parameter served: the ports on which the host is to serve sites to front-ends.
  init(
    of host: Host, serving served: Set<Port>, _ observation: HostObservation,
    _ inventory: Inventory
  ) {
    surroundings = observation.surroundings
    addresses = host.allAddresses
    let published = inventory.sites(publishedBy: host.name).isEmpty ? [] : [Port.http, .https]
    let sites = published + served
    // The status of nginx is on a port of its own, on each host that has a site.
    let status = sites.isEmpty ? [] : [inventory.stubStatus?.port].compactMap(\.self)
    needed = Set((sites + status).map { Int($0.number) })
    let facts = observation.manifest?.release.facts
    held = Set(facts.map { $0.listeningPorts.map { Int($0.number) } } ?? [])
    // Compared with those of the host's own servers, of which most hosts have none.
    names = surroundings.nginxListens.isEmpty ? [:] : Self.names(on: host, inventory)
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

  /// Why the release must not be installed: conflicts on ports that it uses for the first time, and ports
  /// that it cannot use at all.
  var blockers: [String] {
    needed.sorted().flatMap { port in
      surroundings.orphanedPorts.contains(port)
        ? [orphans(port)] : held.contains(port) ? [] : reasons(of: port)
    }
  }

  /// Conflicts on ports that the present release already uses.
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
    let those = processes.count == 1 ? "pid" : "pids"
    return "port \(port) is in use by nginx workers whose master process has exited (\(those)"
      + " \(processes.joined(separator: ", "))): stop them with"
      + " \"kill -QUIT \(processes.joined(separator: " "))\", start nginx, and run again"
  }

  /// Conflicts with a `listen` on a single address: bind(2) of the wildcard address fails until nginx is
  /// restarted, and connections to that address only reach servers that listen on it.
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
    return addresses.lazy.compactMap { address in
      listens(port).first { IPAddress($0.address) == address }.map { (address, $0) }
    }.prefix(1).map { address, listen in
      "\(listen.quoted) takes every connection to \(address.inURL):\(port), the address that visitors and"
        + " front-ends use: \(remedy)"
    }
  }

  private func otherProtocol(_ port: Int) -> [String] {
    let others = listens(port).filter { listen in
      listen.takesProxyProtocol
        && (IPAddress(listen.address).map { $0.isUnspecified || addresses.contains($0) } ?? false)
    }
    return others.prefix(1).map {
      "\($0.quoted) makes nginx expect the PROXY protocol on every connection to port \(port), and"
        + " neither visitors nor front-ends use it: remove proxy_protocol there, or move that site"
        + " to another port, reload nginx, and run again"
    }
  }

  private func bothFamilies(_ port: Int) -> [String] {
    listens(port).filter { $0.takesBothFamilies && !held.contains(port) }.prefix(1).map {
      "\($0.quoted) accepts IPv4 as well, so nginx cannot also listen on port \(port) of IPv4:"
        + " write \"listen \(port)\" and \"listen [::]:\(port)\" there, restart nginx, and run again"
    }
  }

  /// Other servers with the name of one of the release's sites: nginx uses the one that it reads first.
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
      "\(other.file):\(other.line) also defines a server for \(name) on port \(port), and nginx reads it"
        + " before the release, so the release's site would not answer: remove the name or the server"
        + " there, reload nginx, and run again"
    }
  }

  private func takenNames(_ port: Int) -> [String] {
    rivals(port, behind: true).map { name, other in
      "\(other.file):\(other.line) also defines a server for \(name) on port \(port), and nginx reads it"
        + " after the release, so the release's site answers instead"
    }
  }

  /// A server that is the default only because nginx reads it first would lose that to the release.
  private func lostDefault(_ port: Int) -> [String] {
    let lost = ["0.0.0.0", "::"].compactMap { any -> HostSurroundings.NginxListen? in
      let all = listens(port).filter { IPAddress($0.address) == IPAddress(any) }
      guard let first = all.first, first.isBehindRelease, !all.contains(where: \.isDefault)
      else { return nil }
      return first
    }
    guard let first = lost.first else { return [] }
    let places = lost.dropFirst().map { ", and to \($0.quoted)" }.joined()
    return [
      "nginx reads the release before \(first.file):\(first.line), so requests on port \(port) that name"
        + " none of its sites would go to the release instead of that server: add \"default_server\" to"
        + " \(first.quoted)\(places), reload nginx, and run again"
    ]
  }
}

extension HostSurroundings.NginxListen {
  fileprivate var quoted: String { "\"\(text)\" in \(file):\(line)" }
}

extension IPAddress {
  fileprivate var isUnspecified: Bool { self == .v4(0) || self == .v6(0) }
}
