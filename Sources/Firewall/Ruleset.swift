package import Fleet
package import Inventories

/// The firewall of a host, before rendering: which sources reach which ports, and forwarded ports.
///
/// ``ruleset(for:in:)`` makes it from the inventory; ``files`` renders it for the host's engine.
package struct Ruleset: Hashable, Sendable {
  package let fleet: FleetName
  package let host: HostName
  /// The name of the inventory's file, for readers.
  package let origin: String
  package let engine: FirewallPolicy.Engine
  package let scope: FirewallPolicy.Scope
  /// One for each target, sorted by it.
  package let openings: [Opening]
  /// Sorted by port.
  package let publications: [Publication]

  /// With the scope `sites`, an opening is added for everything that no other opening names.
  init(
    fleet: FleetName, host: HostName, origin: String, engine: FirewallPolicy.Engine,
    scope: FirewallPolicy.Scope, openings: [Opening], publications: [Publication]
  ) {
    let others = Opening(
      .everythingElse, from: .everybody, why: "only the sites' ports are guarded")
    self.fleet = fleet
    self.host = host
    self.origin = origin
    self.engine = engine
    self.scope = scope
    self.openings = (openings + (scope == .sites ? [others] : [])).merged()
    self.publications = publications
  }

  /// The ruleset with other openings, for a transition between two rulesets. Its scope is `sites`
  /// if they have one for everything else.
  package func replacing(openings: [Opening], publications: [Publication]) -> Ruleset {
    let isOpen = openings.contains { $0.target == .everythingElse }
    return Ruleset(
      fleet: fleet, host: host, origin: origin, engine: engine, scope: isOpen ? .sites : .drop,
      openings: openings, publications: publications)
  }

  /// The first line of each file, a comment that names the inventory, the host and the fleet.
  var head: String {
    "# Made by deploy from \(origin): host \(host) of fleet \(fleet). Manual changes are overwritten."
  }

  /// What `nft -f` reads: one transaction that replaces the table, whether or not it exists.
  package var text: String {
    """
    \(head)

    table inet deploy
    delete table inet deploy

    \(Table(self))

    """
  }
}

/// The ruleset of a host according to the inventory.
///
/// Front-ends reach the ports of the sites that the host serves, and visitors reach 80 and 443 of a
/// host that publishes sites. With the scope `drop`, SSH and the allowed traffic are open too. With
/// `sites`, allowed traffic only adds sources to ports that are not open to everybody.
package func ruleset(for host: Host, in inventory: Inventory) -> Ruleset {
  let mutualTLS = mutualTLSOpenings(of: host, in: inventory)
  let visitors = visitorOpenings(of: host, in: inventory)
  let guarded = mutualTLS + visitors.filter { $0.from != .everybody }
  let openings =
    switch inventory.firewall.scope {
    case .drop:
      mutualTLS + visitors
        + [sshOpening(of: host, in: inventory)] + inventory.firewall.allow.map(opening)
    case .sites:
      guarded
        + inventory.firewall.allow.map(opening).flatMap { allowed in
          Set(guarded.map(\.target)).filter { allowed.target.includes($0) }.map {
            Opening($0, from: allowed.from, why: allowed.why)
          }
        }
    }
  return Ruleset(
    fleet: inventory.fleet, host: host.name, origin: inventory.file,
    engine: inventory.firewall.engine, scope: inventory.firewall.scope, openings: openings,
    publications: publications(of: host, in: inventory))
}

/// The opening for SSH. A container also accepts its network: its host connects from an address
/// there.
private func sshOpening(of host: Host, in inventory: Inventory) -> Opening {
  let network = host.containerHost?.container.map { [$0.network] } ?? []
  let sources = inventory.firewall.sshFrom
  return Opening(
    .tcp(host.ssh.port), from: .init(unlessEmpty: sources.isEmpty ? [] : sources + network),
    why: "SSH")
}

/// The published port of the host's container, open to the front-ends of the sites that the
/// container serves. Empty if the host has no container.
private func publications(of host: Host, in inventory: Inventory) -> [Publication] {
  guard let container = host.container, let guest = inventory.host(named: container.host) else {
    return []
  }
  let sites = inventory.sites(servedBy: container.host)
  let sources = frontEnds(of: sites, of: guest, port: container.port, in: inventory)
  guard case .ranges(let sources) = Opening.Source(sources.map { AddressRange($0) }) else {
    return []
  }
  return [
    Publication(
      containerHost: host.address, port: container.published, host: container.host,
      address: container.address, target: container.port, network: container.network,
      from: sources, why: "front-ends of \(listed(sites))")
  ]
}

/// The addresses from which the front-ends of sites connect to a back-end: in the networks of each site, and of the
/// families that the back-end has there.
private func frontEnds(
  of sites: some Sequence<Site>, of backEnd: Host, port: Port, in inventory: Inventory
) -> Set<IPAddress> {
  // Many sites have the same front-ends, and each host is looked up once.
  var names: [EdgeNetworks: Set<HostName>] = [:]
  for site in sites { names[site.edgeNetworks, default: []].formUnion(site.frontEnds) }
  var sources: Set<IPAddress> = []
  for (networks, names) in names {
    let entries = backEnd.entry(to: port, in: networks.to).addresses
    for name in names {
      guard let own = inventory.host(named: name)?.addresses(in: networks.from) else { continue }
      let common = entries.compactMap { own.address(like: $0) }
      sources.formUnion(common.isEmpty ? [own.first] : common)
    }
  }
  return sources
}

/// The opening for an entry of the inventory's `firewall.allow`.
private func opening(_ allowed: AllowedTraffic) -> Opening {
  let target = Opening.Target(allowed.traffic)
  // Rules contain the number of such a protocol.
  let name = if case .other(let other) = target { "\(other.rawValue), " } else { "" }
  return Opening(
    target, from: .init(unlessEmpty: allowed.from), why: name + "allowed by the inventory")
}

/// The openings for ports 80 and 443; none if the host publishes no site. They are restricted to
/// the networks of the sites if every site of the host uses one.
private func visitorOpenings(of host: Host, in inventory: Inventory) -> [Opening] {
  let sites = inventory.sites(publishedBy: host.name)
  guard !sites.isEmpty else { return [] }
  let networks = sites.compactMap(\.network)
  let isShielded = networks.count == sites.count
  let source: Opening.Source =
    isShielded ? .init(networks.flatMap(inventory.ranges)) : .everybody
  let why = Opening.visitors + listed(sites) + (isShielded ? ", through their network" : "")
  return [Port.http, .https].map { Opening(.tcp($0), from: source, why: why) }
}

/// One opening for each port on which the host serves sites, for the front-ends of these sites.
private func mutualTLSOpenings(of host: Host, in inventory: Inventory) -> [Opening] {
  var sites: [Port: [Site]] = [:]
  for site in inventory.sites(servedBy: host.name) {
    for port in Set(site.upstreams(on: host.name).map(\.port)) {
      sites[port, default: []].append(site)
    }
  }
  return sites.sorted { $0.key < $1.key }.map { port, sites in
    let sources = frontEnds(of: sites, of: host, port: port, in: inventory)
    return Opening(
      .tcp(port), from: .init(sources.map { AddressRange(host.apparentSource(of: $0)) }),
      why: "front-ends of \(listed(sites))")
  }
}

/// The first three domains and the number of the others, for comments.
private func listed(_ sites: some Collection<Site>) -> String {
  let shown = sites.prefix(3).map(\.domain.text).joined(separator: ", ")
  return sites.count > 3 ? "\(shown) and \(sites.count - 3) more" : shown
}
