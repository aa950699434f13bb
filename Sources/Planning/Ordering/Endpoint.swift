import Firewall
package import Fleet
import Inventories
package import Nginx
package import State

/// What a host is for the fleet's edges at one moment: all that the edge model knows of it.
package struct Endpoint: Hashable, Sendable {
  /// Where it is reached.
  package var addresses: Set<String> = []
  /// Where its front-end's connections come from.
  package var source: String = ""
  /// Key identifiers of the authorities that it accepts.
  package var trusts: Set<String> = []
  /// Serials of revoked certificates that it refuses; nil where it has no revocation lists.
  package var refuses: Set<String>?
  /// What its firewall lets in, one opening for each target.
  var openings: [Opening] = []
  /// What it lets through to a machine behind it, one for each port.
  var publications: [Publication] = []
  /// What it serves to front-ends, by site.
  package var services: [String: Service] = [:]
  /// Where its front-end sends requests, by host.
  package var routes: [String: Set<EdgeFacts.Route>] = [:]
  /// What its front-end shows to back-ends.
  package var client: Leaf?
  /// What its back-end shows to front-ends.
  package var server: Leaf?

  /// A site that a back-end serves: one server of nginx, whatever the number of its ports.
  package struct Service: Hashable, Sendable {
    package var ports: Set<Int>
    package var admission: Admission

    package init(ports: Set<Int>, admission: Admission) {
      self.ports = ports
      self.admission = admission
    }

    func union(_ other: Service) -> Service {
      Service(ports: ports.union(other.ports), admission: admission.union(other.admission))
    }
  }

  package struct Leaf: Hashable, Sendable {
    /// The key identifier of the authority that signed it.
    package var issuer: String
    /// Empty before it is issued.
    package var serial: String
    /// By which back-ends know a front-end.
    package var commonName: String
    package var names: Set<String>
    package var notAfter: Timestamp
  }

  /// A host without anything of `deploy`.
  static let nothing = Endpoint()

  package func routes(to host: String) -> Set<EdgeFacts.Route> { routes[host] ?? [] }
}

extension Endpoint {
  /// What a release was recorded to be.
  package init(_ record: ReleaseRecord) {
    let facts = record.facts
    addresses = [facts.address]
    source = facts.address
    trusts = Set(facts.trusts)
    refuses = facts.refuses.map(Set.init)
    openings = facts.typedOpenings
    publications = facts.typedPublications
    for service in facts.services {
      services.merge([service.site: Service(service)]) { $0.union($1) }
    }
    for route in facts.routes { routes[route.host, default: []].insert(route) }
    client = record.certificates[ReleasePath.certificate(for: .frontEnd).relative].map(Leaf.init)
    server = record.certificates[ReleasePath.certificate(for: .backEnd).relative].map(Leaf.init)
  }

  /// What is recorded of it with a release.
  var facts: EdgeFacts {
    EdgeFacts(
      address: source, trusts: trusts.sorted(), refuses: refuses?.sorted(),
      openings: openings.map(EdgeFacts.Opening.init),
      publications: publications.map(EdgeFacts.Publication.init),
      services: services.flatMap { EdgeFacts.Service.all(of: $0, $1) }.sorted(),
      routes: routes.values.flatMap { $0 }.sorted())
  }
}

extension Endpoint.Leaf {
  init(_ record: CertificateRecord) {
    self.init(
      issuer: record.issuerKeyIdentifier, serial: record.serial, commonName: record.commonName,
      names: Set(record.names), notAfter: record.notAfter)
  }
}

extension Endpoint.Service {
  fileprivate init(_ facts: EdgeFacts.Service) {
    self.init(
      ports: [facts.port],
      admission: facts.frontEnds.map { .frontEnds(Set($0.compactMap { HostName($0) })) }
        ?? .everyone)
  }
}

extension EdgeFacts.Service {
  fileprivate static func all(of site: String, _ service: Endpoint.Service) -> [Self] {
    let frontEnds: [String]? =
      switch service.admission {
      case .everyone: nil
      case .frontEnds(let names): names.sorted().map(\.text)
      }
    return service.ports.map { Self(site: site, port: $0, frontEnds: frontEnds) }
  }
}

extension EdgeFacts.Opening {
  fileprivate init(_ opening: Opening) {
    let (ports, kind): (PortRange?, String?) =
      switch opening.target {
      case .tcp(let port): (PortRange(port), nil)
      case .tcpRange(let ports): (ports, nil)
      case .udp(let ports): (ports, Self.udp)
      case .other(let other): (nil, other.rawValue)
      case .everythingElse: (nil, nil)
      }
    let from: [String]? =
      switch opening.from {
      case .everybody: nil
      case .ranges(let ranges): ranges.map(\.description)
      }
    self.init(
      port: ports.map { Int($0.first.number) },
      lastPort: ports.flatMap { $0.first == $0.last ? nil : Int($0.last.number) }, kind: kind,
      from: from, why: opening.why)
  }
}

extension EdgeFacts {
  var typedOpenings: [Fleet.Opening] { openings.compactMap { Fleet.Opening($0) } }

  var typedPublications: [Fleet.Publication] {
    publications.compactMap { Fleet.Publication($0, on: address) }
  }
}

extension EdgeFacts.Publication {
  fileprivate init(_ publication: Publication) {
    self.init(
      port: Int(publication.port.number), host: publication.host,
      address: publication.address.description, target: Int(publication.target.number),
      network: publication.network.description, from: publication.from.map(\.description),
      why: publication.why)
  }
}

extension Publication {
  /// Nil where there is no such port or address; only a damaged manifest says so.
  init?(_ facts: EdgeFacts.Publication, on carrier: String) {
    guard let carrier = IPAddress(carrier), let port = Port(facts.port),
      let address = IPAddress(facts.address), let target = Port(facts.target),
      let network = AddressRange(facts.network)
    else { return nil }
    self.init(
      carrier: carrier, port: port, host: facts.host, address: address, target: target,
      network: network, from: facts.from.compactMap { AddressRange($0) }, why: facts.why)
  }
}

extension Opening {
  /// Nil where there is no such port or protocol; only a damaged manifest says so.
  init?(_ facts: EdgeFacts.Opening) {
    guard let target = Target(facts) else { return nil }
    self.init(
      target,
      from: facts.from.map { .ranges($0.compactMap { AddressRange($0) }) } ?? .everybody,
      why: facts.why)
  }
}

extension Opening.Target {
  fileprivate init?(_ facts: EdgeFacts.Opening) {
    guard let number = facts.port else {
      guard let kind = facts.kind else {
        self = .everythingElse
        return
      }
      guard let other = IPProtocol(rawValue: kind) else { return nil }
      self = .other(other)
      return
    }
    guard let first = Port(number), let last = Port(facts.lastPort ?? number),
      let ports = PortRange(first, last)
    else { return nil }
    switch facts.kind {
    case nil: self.init(.tcp(ports))
    case EdgeFacts.Opening.udp: self.init(.udp(ports))
    default: return nil
    }
  }
}
