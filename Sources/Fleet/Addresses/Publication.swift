/// A port of a host that is forwarded to a machine behind it, for certain sources.
package struct Publication: Hashable, Sendable {
  /// The host's own address, which replaces those of others within the network behind it.
  package var containerHost: IPAddress
  package var port: Port
  /// The machine behind it.
  package var host: HostName
  package var address: IPAddress
  package var target: Port
  /// The network behind the host.
  package var network: AddressRange
  /// Sorted, none within another; empty means no one.
  package var from: [AddressRange]
  /// For readers: `front-ends of shop.example`.
  package var why: String

  package init(
    containerHost: IPAddress, port: Port, host: HostName, address: IPAddress, target: Port,
    network: AddressRange, from: [AddressRange], why: String
  ) {
    self.containerHost = containerHost
    self.port = port
    self.host = host
    self.address = address
    self.target = target
    self.network = network
    self.from = from
    self.why = why
  }

  /// Whether both forward to the same place.
  package func leads(asMuchAs other: Publication) -> Bool {
    (address, target) == (other.address, other.target)
  }
}

extension [Publication] {
  /// Publications that accept what either list accepts; a port is forwarded as this list says.
  package func union(_ other: [Publication]) -> [Publication] {
    var all = self
    for publication in other {
      guard let index = all.firstIndex(where: { $0.port == publication.port }) else {
        all.append(publication)
        continue
      }
      if case .ranges(let ranges) = Opening.Source(all[index].from + publication.from) {
        all[index].from = ranges
      }
      if all[index].why != publication.why { all[index].why += "; " + publication.why }
    }
    return all.sorted { $0.port < $1.port }
  }
}
