package import Fleet
package import Inventories
package import State

extension Inventory {
  /// How each host is reached that the state has and the inventory no longer has, sorted by name.
  ///
  /// The state says where such a host was, and nothing else of how it is reached.
  package func connectionsToLeft(_ state: FleetState) -> [(name: String, connection: Connection)] {
    let recorded = state.recordedAddresses
    return recorded.keys.filter { host(named: $0) == nil }.sorted().compactMap { name in
      left(name, recorded: recorded).map { (name.text, Connection(to: $0)) }
    }
  }

  /// How every host is reached: those of the inventory, and those that the state has besides.
  package func connections(_ state: FleetState) -> [String: Connection] {
    let declared = hosts.map { ($0.name.text, Connection(to: $0)) }
    return Dictionary(
      connectionsToLeft(state).map { ($0.name, $0.connection) } + declared,
      uniquingKeysWith: { $1 })
  }
}

extension FleetState {
  /// Where hosts were when they were last changed, those with a name and an address as an inventory has them.
  package var recordedAddresses: [HostName: IPAddress] {
    var addresses: [HostName: IPAddress] = [:]
    for (name, record) in hosts {
      if let name = HostName(name), let address = IPAddress(record.address) {
        addresses[name] = address
      }
    }
    return addresses
  }
}

extension Connection {
  package init(to host: Host) {
    self.init(
      address: host.address.description, port: Int(host.ssh.port.number),
      user: host.ssh.user.text, becomes: host.ssh.become == .sudo,
      identities: host.ssh.identities.map(\.text),
      knownHosts: host.ssh.knownHosts.text, options: SSHOptions(host.ssh))
    options.carriers = host.carrier.map { [SSHOptions.Carrier($0)] } ?? []
  }
}

extension SSHOptions.Carrier {
  fileprivate init(_ host: Host) {
    let connection = Connection(to: host)
    self.init(
      host: host.name.text, address: connection.address, port: connection.port,
      user: connection.user, identities: connection.identities,
      knownHosts: connection.knownHosts, options: connection.options)
  }
}

extension Connection {
  /// How a host is reached that another one is a container of.
  package init(to carrier: SSHOptions.Carrier) {
    self.init(
      address: carrier.address, port: carrier.port, user: carrier.user,
      identities: carrier.identities, knownHosts: carrier.knownHosts, options: carrier.options)
  }
}

extension SSHOptions {
  fileprivate init(_ settings: SSHSettings) {
    let config =
      switch settings.config {
      case .usual: ""
      case .none: "none"
      case .file(let path): path.text
      }
    let password =
      switch settings.password {
      case nil: [String]()
      case .environment(let name): ["env", name]
      case .file(let path): ["file", path.text]
      case .command(let words): ["command"] + words
      case .terminal: ["ask"]
      }
    self.init(
      jumps: settings.jumps.map(\.text), config: config, transport: settings.transport.rawValue,
      hostKeyChecking: settings.hostKeyChecking.rawValue,
      hostKeys: settings.hostKeys.map(\.text), password: password,
      given: settings.given.map(\.rawValue).sorted())
  }
}
