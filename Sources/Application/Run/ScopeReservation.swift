import Fleet
import Inventories
import Planning
import Playbooks
import State
import StateStores

/// The hosts that a run on a part of the fleet reserves: those that it may change, and those with which they share a
/// site, whose end of an edge the plan relies on.
struct ScopeReservation: Sendable {
  let inventory: Inventory
  let selector: Selector
  /// Whether the run changes what belongs to all hosts: the CA, revocations, accounts.
  let concernsFleet: Bool

  func hosts(_ state: FleetState?) -> ReservedHosts {
    // The first run on a fleet creates its keys.
    guard !concernsFleet, let state, !state.fleetKeys.isEmpty else { return .fleet }
    let declared = Set(inventory.hosts.map(\.name))
    let leaving = state.hosts.keys.filter { !declared.contains($0) && selector.matches($0) }
    let changed = Set(inventory.hosts.filter(selector.matches).map(\.name)).union(leaving)
    if declared.union(state.hosts.keys).isSubset(of: changed) { return .fleet }
    let neighbours = sites(state).filter { !$0.isDisjoint(with: changed) }
    return .hosts(changed: changed, needed: neighbours.reduce(into: Set()) { $0.formUnion($1) })
  }

  /// Hosts, and those whose rules forward connections to one of them.
  private func withContainerHosts(_ hosts: Set<HostName>) -> Set<HostName> {
    hosts.union(hosts.compactMap { Container.containerHost(ofHostNamed: $0) })
  }

  /// The hosts of each site, by the inventory and by what is installed.
  private func sites(_ state: FleetState) -> [Set<HostName>] {
    var hosts: [DomainName: Set<HostName>] = [:]
    for site in inventory.sites {
      hosts[site.domain] = Set(site.frontEnds + site.upstreams.map(\.host))
    }
    for (host, record) in state.hosts {
      let facts = record.release.facts
      for service in facts.services { hosts[service.site, default: []].insert(host) }
      for route in facts.routes { hosts[route.site, default: []].formUnion([host, route.host]) }
    }
    return hosts.values.map(withContainerHosts)
  }
}
