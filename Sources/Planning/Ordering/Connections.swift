package import Fleet
package import Inventories
package import State

extension Inventory {
  /// The hosts that the state has and the inventory no longer has, sorted by name.
  ///
  /// The state has only the address of such a host, and nothing else about how it is reached.
  func hostsToClean(_ state: FleetState) -> [Host] {
    let recorded = state.recordedAddresses
    return recorded.keys.filter { host(named: $0) == nil }.sorted().compactMap { name in
      left(name, recorded: recorded)
    }
  }

  /// How each of these hosts is reached.
  package func connectionsToLeft(_ state: FleetState) -> [(name: HostName, connection: HostAccess)]
  {
    hostsToClean(state).map { ($0.name, $0.access) }
  }

  /// How every host is reached: those of the inventory, and those that only the state has.
  package func connections(_ state: FleetState) -> [HostName: HostAccess] {
    let declared = hosts.map { ($0.name, $0.access) }
    return Dictionary(
      connectionsToLeft(state).map { ($0.name, $0.connection) } + declared,
      uniquingKeysWith: { $1 })
  }
}

extension FleetState {
  /// The addresses of hosts when they were last changed, by name.
  package var recordedAddresses: [HostName: IPAddress] {
    hosts.mapValues(\.address)
  }
}
