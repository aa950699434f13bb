package import Inventories

/// What a host's firewall is to be: who reaches which port.
package struct Ruleset: Hashable, Sendable {
  package let fleet: FleetName
  package let host: HostName
  package let scope: FirewallPolicy.Scope
  /// One for each target, sorted by it.
  package let openings: [Opening]

  package init(
    fleet: FleetName, host: HostName, scope: FirewallPolicy.Scope, openings: [Opening]
  ) {
    let others = Opening(
      .everythingElse, from: .everybody, why: "only the sites' ports are guarded")
    self.fleet = fleet
    self.host = host
    self.scope = scope
    self.openings = (openings + (scope == .sites ? [others] : [])).merged()
  }

  /// What `nft -f` reads: one transaction that replaces the table, whether it is there or not.
  package var text: String {
    """
    # Made by deploy: host \(host) of fleet \(fleet). Changes made here are lost.

    table inet deploy
    delete table inet deploy

    \(Table(self))

    """
  }
}

/// What the inventory lets in on a host.
package func ruleset(for host: Host, in inventory: Inventory) -> Ruleset {
  let mutualTLS = mutualTLSOpenings(of: host, in: inventory)
  let openings =
    switch inventory.firewall.scope {
    case .drop:
      mutualTLS + visitorOpenings(of: host, in: inventory)
        + [
          Opening(
            .tcp(host.ssh.port), from: .init(unlessEmpty: inventory.firewall.sshFrom), why: "SSH")
        ] + inventory.firewall.allow.map(opening)
    case .sites:
      mutualTLS
        + inventory.firewall.allow.map(opening).filter { allowed in
          mutualTLS.contains { $0.target == allowed.target }
        }
    }
  return Ruleset(
    fleet: inventory.fleet, host: host.name, scope: inventory.firewall.scope, openings: openings)
}

private func opening(_ allowed: AllowedPort) -> Opening {
  Opening(
    .tcp(allowed.port), from: .init(unlessEmpty: allowed.from), why: "allowed by the inventory")
}

private func visitorOpenings(of host: Host, in inventory: Inventory) -> [Opening] {
  let sites = inventory.sites(publishedBy: host.name)
  guard !sites.isEmpty else { return [] }
  return [Port.http, .https].map {
    Opening(.tcp($0), from: .everybody, why: "visitors of \(listed(sites))")
  }
}

private func mutualTLSOpenings(of host: Host, in inventory: Inventory) -> [Opening] {
  let sites = inventory.sites(servedBy: host.name)
  let ports = sites.flatMap { $0.upstreams(on: host.name) }.map(\.port)
  return Set(ports).sorted().map { port in
    let sitesOfPort = sites.filter { site in
      site.upstreams(on: host.name).contains { $0.port == port }
    }
    let frontEnds = Set(sitesOfPort.flatMap(\.frontEnds))
    let addresses = frontEnds.compactMap { inventory.host(named: $0)?.address }
    return Opening(
      .tcp(port), from: .init(addresses.map(AddressRange.init)),
      why: "front-ends of \(listed(sitesOfPort))")
  }
}

private func listed(_ sites: [Site]) -> String {
  let shown = sites.prefix(3).map(\.domain.text).joined(separator: ", ")
  return sites.count > 3 ? "\(shown) and \(sites.count - 3) more" : shown
}
