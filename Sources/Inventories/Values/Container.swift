package import Fleet

/// A container whose nginx front-ends reach through a port of its container host (`container:` of a
/// back-end).
///
/// In all other respects it is a separate host: with a release, a firewall and a result.
package struct Container: Hashable, Sendable {
  /// The name of the container as a host.
  package var host: HostName
  /// Its address in the network behind the host; IPv4, because only that has to be translated.
  package var address: IPAddress
  /// The network behind the host.
  package var network: AddressRange
  /// The port on which its nginx listens for front-ends.
  package var port: Port
  /// The port of the host through which front-ends reach the container.
  package var published: Port

  package init(
    host: HostName, address: IPAddress, network: AddressRange, port: Port = .https,
    published: Port
  ) {
    self.host = host
    self.address = address
    self.network = network
    self.port = port
    self.published = published
  }
}

/// Whether a host is reached at its own address or is a container behind its container host.
package indirect enum Placement: Hashable, Sendable {
  case direct
  /// Its container host translates the addresses of incoming and outgoing packets.
  case behind(Host)
}

extension Host {
  /// Its roles, as they are shown and recorded.
  package var allRoles: HostRoles { HostRoles(roles, isContainerHost: container != nil) }

  /// The host that this one is a container of.
  package var containerHost: Host? {
    if case .behind(let containerHost) = placement { containerHost } else { nil }
  }

  /// How the controller reaches the host: a container is reached through its container host.
  package var access: HostAccess {
    HostAccess(
      address: address, ssh: ssh, way: containerHost.map { .through($0.name, $0.access) } ?? .direct
    )
  }

  /// The address from which a connection from another host seems to come: in a container's network,
  /// the host of the container replaces it with its own, because the answer would take another
  /// route otherwise.
  package func apparentSource(of other: IPAddress) -> IPAddress {
    guard let containerHost, let container = containerHost.container,
      container.network.contains(other)
    else {
      return other
    }
    return containerHost.address
  }
}
