package import Fleet

/// The networks of a site's edges (`network:`): front-ends connect from their addresses in one to those that back-ends
/// have in the other, usually the same one.
package struct EdgeNetworks: Hashable, Sendable {
  package var from: NetworkName
  package var to: NetworkName

  package init(from: NetworkName = .public, to: NetworkName = .public) {
    self.from = from
    self.to = to
  }
}

/// One way in which a front-end connects to a back-end: the addresses of both ends, of one family.
package struct EdgeAddresses: Hashable, Sendable {
  /// The front-end's.
  package let source: IPAddress
  package let address: IPAddress
  package let port: Port
}

extension Host {
  /// Its addresses in a network; nil if it has none there.
  package func addresses(in network: NetworkName) -> AddressPair? {
    network == .public ? AddressPair(address, secondAddress) : otherAddresses[network]
  }

  /// Its addresses in all networks, each once, the public ones first.
  package var allAddresses: [IPAddress] {
    let others = otherAddresses.sorted { $0.key < $1.key }.flatMap(\.value.all)
    return ([address, secondAddress].compactMap(\.self) + others).reduce(into: []) {
      if !$0.contains($1) { $0.append($1) }
    }
  }

  /// Addresses and port at which front-ends in a network reach a listener of the host: for a container, those that its
  /// container host publishes, of IPv4, because only that is translated.
  ///
  /// - Returns: the preferred address first; no address if the host has none in the network.
  package func entry(
    to port: Port, in network: NetworkName = .public
  ) -> (addresses: [IPAddress], port: Port) {
    guard let containerHost, let container = containerHost.container, container.port == port else {
      return (addresses(in: network)?.all ?? [], port)
    }
    let addresses = containerHost.addresses(in: network)?.all ?? []
    return (addresses.filter { $0.bitWidth == 32 }, container.published)
  }
}

extension Inventory {
  /// The ways in which a front-end connects to a back-end of a site: one for each family that both have in the networks
  /// of the site, in the order of the front-end's addresses.
  package func connections(
    of site: Site, from frontEnd: Host, to upstream: Upstream
  ) -> [EdgeAddresses] {
    guard let backEnd = host(named: upstream.host) else {
      preconditionFailure("\(upstream.host) is not a host. This is a bug in deploy.")
    }
    guard let sources = frontEnd.addresses(in: site.edgeNetworks.from) else { return [] }
    let entry = backEnd.entry(to: upstream.port, in: site.edgeNetworks.to)
    let ways = sources.all.compactMap { source in
      entry.addresses.first { $0.bitWidth == source.bitWidth }.map {
        EdgeAddresses(source: source, address: $0, port: entry.port)
      }
    }
    // An inventory in which they have no family in common is refused when it is read.
    guard ways.isEmpty, let address = entry.addresses.first else { return ways }
    return [EdgeAddresses(source: sources.first, address: address, port: entry.port)]
  }

  /// The ways in which nginx of a front-end connects to each back-end of a site, in the order of the site.
  ///
  /// nginx can bind the connections of a site to one address only. If that is needed, only one family is used: the
  /// first in which every back-end can be reached.
  ///
  /// - Parameter binding: the addresses of the front-end that its connections have to be bound to.
  package func connections(
    of site: Site, from frontEnd: Host, binding: Set<IPAddress>
  ) -> [(upstream: Upstream, ways: [EdgeAddresses])] {
    let all = site.upstreams.map {
      (upstream: $0, ways: connections(of: site, from: frontEnd, to: $0))
    }
    let ways = all.lazy.flatMap(\.ways)
    guard frontEnd.addresses(in: site.edgeNetworks.from)?.second != nil,
      ways.contains(where: { binding.contains($0.source) }),
      let source = ways.map(\.source).first(where: { source in
        all.allSatisfy { $0.ways.contains { $0.source == source } }
      })
    else { return all }
    return all.map { ($0.upstream, $0.ways.filter { $0.source == source }) }
  }
}
