package import Fleet

// The JSON of edge facts in a state.

extension EdgeFacts: Codable {
  private enum Key: String, CodingKey {
    case address, otherAddresses, trusts, refuses, openings, publications, services, routes
  }

  package init(from decoder: any Decoder) throws {
    let fields = try decoder.container(keyedBy: Key.self)
    // A release that was made before facts were recorded.
    let text = try fields.decode(String.self, forKey: .address)
    let address =
      try IPAddress(text) ?? (text.isEmpty ? nil : fields.decode(IPAddress.self, forKey: .address))
    let published = try fields.decodeIfPresent([PublishedPort].self, forKey: .publications) ?? []
    self.init(
      address: address,
      otherAddresses: try fields.decodeIfPresent([IPAddress].self, forKey: .otherAddresses) ?? [],
      trusts: try fields.decode([String].self, forKey: .trusts),
      refuses: try fields.decodeIfPresent([String].self, forKey: .refuses),
      openings: try fields.decode([Opening].self, forKey: .openings),
      publications: try published.map { port in
        guard let address else {
          throw DecodingError.dataCorruptedError(
            forKey: .publications, in: fields, debugDescription: "the host has no address")
        }
        return port.publication(on: address)
      }, services: try fields.decode([Service].self, forKey: .services),
      routes: try fields.decode([Route].self, forKey: .routes))
  }

  package func encode(to encoder: any Encoder) throws {
    var fields = encoder.container(keyedBy: Key.self)
    try fields.encode(address?.description ?? "", forKey: .address)
    if !otherAddresses.isEmpty { try fields.encode(otherAddresses, forKey: .otherAddresses) }
    try fields.encode(trusts, forKey: .trusts)
    try fields.encodeIfPresent(refuses, forKey: .refuses)
    try fields.encode(openings, forKey: .openings)
    if !publications.isEmpty {
      try fields.encode(publications.map(PublishedPort.init), forKey: .publications)
    }
    try fields.encode(services, forKey: .services)
    try fields.encode(routes, forKey: .routes)
  }
}

/// A publication without the address of its host, which the facts contain once.
private struct PublishedPort: Codable {
  var port: Port
  var host: HostName
  var address: IPAddress
  var target: Port
  var network: AddressRange
  var from: [AddressRange]
  var why: String

  init(_ publication: Publication) {
    port = publication.port
    host = publication.host
    address = publication.address
    target = publication.target
    network = publication.network
    from = publication.from
    why = publication.why
  }

  func publication(on containerHost: IPAddress) -> Publication {
    Publication(
      containerHost: containerHost, port: port, host: host, address: address, target: target,
      network: network, from: from, why: why)
  }
}

extension Opening: Codable {
  private static let udp = "udp"

  private enum Key: String, CodingKey { case port, lastPort, kind, from, why }

  /// `port` and `lastPort` are missing for protocols without ports, `kind` for TCP, and all three for
  /// "everything else"; `from` is missing if every source is accepted.
  package init(from decoder: any Decoder) throws {
    let fields = try decoder.container(keyedBy: Key.self)
    let ranges = try fields.decodeIfPresent([AddressRange].self, forKey: .from)
    self.init(
      try Self.target(fields), from: ranges.map { .ranges($0) } ?? .everybody,
      why: try fields.decode(String.self, forKey: .why))
  }

  private static func target(_ fields: KeyedDecodingContainer<Key>) throws -> Target {
    let kind = try fields.decodeIfPresent(String.self, forKey: .kind)
    guard let first = try fields.decodeIfPresent(Port.self, forKey: .port) else {
      guard let kind else { return .everythingElse }
      guard let other = IPProtocol(rawValue: kind) else {
        throw DecodingError.dataCorruptedError(
          forKey: .kind, in: fields, debugDescription: "it is not a protocol without ports")
      }
      return .other(other)
    }
    let last = try fields.decodeIfPresent(Port.self, forKey: .lastPort) ?? first
    guard let ports = PortRange(first, last) else {
      throw DecodingError.dataCorruptedError(
        forKey: .lastPort, in: fields, debugDescription: "\(last) is not within \(first) and 65535")
    }
    switch kind {
    case nil: return Target(.tcp(ports))
    case udp: return Target(.udp(ports))
    default:
      throw DecodingError.dataCorruptedError(
        forKey: .kind, in: fields, debugDescription: "it is not a protocol with ports")
    }
  }

  package func encode(to encoder: any Encoder) throws {
    var fields = encoder.container(keyedBy: Key.self)
    switch target {
    case .tcp(let port): try fields.encode(port, forKey: .port)
    case .tcpRange(let ports): try Self.encode(ports, &fields)
    case .udp(let ports):
      try Self.encode(ports, &fields)
      try fields.encode(Self.udp, forKey: .kind)
    case .other(let other): try fields.encode(other.rawValue, forKey: .kind)
    case .everythingElse: break
    }
    if case .ranges(let ranges) = from { try fields.encode(ranges, forKey: .from) }
    try fields.encode(why, forKey: .why)
  }

  private static func encode(
    _ ports: PortRange, _ fields: inout KeyedEncodingContainer<Key>
  ) throws {
    try fields.encode(ports.first, forKey: .port)
    if ports.first != ports.last { try fields.encode(ports.last, forKey: .lastPort) }
  }
}
