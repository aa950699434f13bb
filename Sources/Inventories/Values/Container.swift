package import Fleet

/// A machine behind a host, whose nginx front-ends reach by a port of the host: an LXC container, say.
///
/// It is a host of its own to everything else: with a release, a firewall and a result.
package struct Container: Hashable, Sendable {
  /// The host that it is.
  package var host: HostName
  /// Its address in the network behind the host; IPv4, because only that has to be translated.
  package var address: IPAddress
  /// The network behind the host.
  package var network: AddressRange
  /// Where its nginx listens for front-ends.
  package var port: Port
  /// Where front-ends reach that on the host.
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

/// What stands between a host and the others.
package indirect enum Placement: Hashable, Sendable {
  case direct
  /// The host that carries it translates the addresses of what goes in and out.
  case behind(Host)
}

extension Inventory {
  /// Where front-ends reach a back-end of a site.
  package func endpoint(of upstream: Upstream) -> (address: IPAddress, port: Port) {
    guard let host = host(named: upstream.host) else {
      preconditionFailure("\(upstream.host) is no host. This is a bug in deploy.")
    }
    return host.endpoint(to: upstream.port)
  }
}

extension Host {
  /// All that it does.
  package var allRoles: HostRoles { HostRoles(roles, isContainerHost: container != nil) }

  /// The host that this one is a container of.
  package var containerHost: Host? {
    if case .behind(let containerHost) = placement { containerHost } else { nil }
  }

  /// How the controller reaches it.
  package var access: HostAccess {
    HostAccess(
      address: address, ssh: ssh, way: containerHost.map { .through($0.name, $0.access) } ?? .direct
    )
  }

  /// Where front-ends reach what listens on a port of the host.
  package func endpoint(to port: Port) -> (address: IPAddress, port: Port) {
    guard let containerHost, let container = containerHost.container, container.port == port else {
      return (address, port)
    }
    return (containerHost.address, container.published)
  }

  /// Where a connection from another host seems to come from: within a container's network its host
  /// puts its own address there, or the answer would go another way back.
  package func apparentSource(of other: IPAddress) -> IPAddress {
    guard let containerHost, let container = containerHost.container,
      container.network.contains(other)
    else {
      return other
    }
    return containerHost.address
  }
}
