import Fleet

/// The hosts that connections are tried from. Each is logged in to once, and stays so until it is released.
actor ProbeGateways {
  private let connector: any GatewayConnector
  private let connections: [HostName: HostAccess]
  private var kept: [HostName: any ProbeGateway] = [:]

  init(_ connector: any GatewayConnector, _ connections: [HostName: HostAccess]) {
    self.connector = connector
    self.connections = connections
  }

  /// The host, logged in to; throws an ``UnreachableHost``.
  func gateway(
    through host: HostName
  ) async throws(UnreachableHost) -> any ProbeGateway {
    guard let connection = connections[host] else {
      preconditionFailure("\(host) is not a host of the inventory. This is a bug in deploy.")
    }
    do {
      let gateway: any ProbeGateway
      if let earlier = kept[host] {
        gateway = earlier
      } else {
        // Anyone who asks meanwhile gets the same one: the connector shares it.
        gateway = try await connector.gateway(through: host, connection)
        kept[host] = gateway
      }
      try await gateway.connect()
      return gateway
    } catch {
      throw UnreachableHost(cause: error)
    }
  }

  func release(_ host: HostName) { kept[host] = nil }
}

/// A host cannot be logged in to, so nothing can be tried from it.
struct UnreachableHost: Error, CustomStringConvertible {
  let cause: any Error

  var description: String { "\(cause)" }
}
