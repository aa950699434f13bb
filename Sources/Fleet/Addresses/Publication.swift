/// A port of a host that leads to a machine behind it, for those who may come.
package struct Publication: Hashable, Sendable {
  /// The host's own address, which stands in for others within the network behind it.
  package var containerHost: IPAddress
  package var port: Port
  /// The machine behind it.
  package var host: HostName
  package var address: IPAddress
  package var target: Port
  /// The network behind the host.
  package var network: AddressRange
  /// Sorted, none within another; empty means nobody.
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

  /// Whether it leads to the same place.
  package func leads(asMuchAs other: Publication) -> Bool {
    (address, target) == (other.address, other.target)
  }
}

extension [Publication] {
  /// What lets in all that either list lets in; a port leads where this list has it lead.
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
