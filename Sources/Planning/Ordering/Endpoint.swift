import Firewall
package import Fleet
import Inventories
package import Nginx
package import State

/// A host at one moment as the edge model sees it: addresses, firewall, sites, routes, certificates and
/// trust. Made from a release, from the inventory, or from both for a transition.
package struct Endpoint: Hashable, Sendable {
  /// The addresses at which it is reached.
  package var addresses: Set<IPAddress> = []
  /// Further addresses of the inventory at which front-ends reach it, sorted.
  package var otherAddresses: [IPAddress] = []
  /// The source address of its front-end's connections, if a route has no other.
  package var source: IPAddress?
  /// Key identifiers of the CAs that it accepts.
  package var trusts: Set<String> = []
  /// Serials of revoked certificates that it refuses; nil if it has no revocation lists.
  package var refuses: Set<String>?
  /// What its firewall accepts, one opening for each target.
  var openings: [Opening] = []
  /// The ports that it forwards to a container, one publication for each port.
  var publications: [Publication] = []
  /// What it serves to front-ends, by site.
  package var services: [DomainName: Service] = [:]
  /// The routes of its front-end, by back-end.
  package var routes: [HostName: Set<EdgeFacts.Route>] = [:]
  /// The certificate that its front-end presents to back-ends.
  package var client: Leaf?
  /// The certificate that its back-end presents to front-ends.
  package var server: Leaf?

  /// A site that a back-end serves: one nginx server, on one or more ports.
  package struct Service: Hashable, Sendable {
    package var ports: Set<Port>
    package var admission: Admission

    package init(ports: Set<Port>, admission: Admission) {
      self.ports = ports
      self.admission = admission
    }

    func union(_ other: Service) -> Service {
      Service(ports: ports.union(other.ports), admission: admission.union(other.admission))
    }
  }

  /// A leaf certificate, as far as peers check it.
  package struct Leaf: Hashable, Sendable {
    /// The key identifier of the CA that signed it; nil before there is a CA.
    package var issuer: String?
    /// Nil before it is issued.
    package var serial: String?
    /// The name by which back-ends recognize a front-end.
    package var commonName: String
    package var names: Set<String>
    package var notAfter: Timestamp
  }

  /// A host without anything of `deploy`.
  static let nothing = Endpoint()

  package func routes(to host: HostName) -> Set<EdgeFacts.Route> { routes[host] ?? [] }
}

extension Endpoint {
  /// The endpoint of an installed release.
  package init(_ record: ReleaseRecord) {
    let facts = record.facts
    addresses = Set([facts.address].compactMap(\.self) + facts.otherAddresses)
    otherAddresses = facts.otherAddresses
    source = facts.address
    trusts = Set(facts.trusts)
    refuses = facts.refuses.map(Set.init)
    openings = facts.openings
    publications = facts.publications
    for service in facts.services {
      services.merge([service.site: Service(service)]) { $0.union($1) }
    }
    for route in facts.routes { routes[route.host, default: []].insert(route) }
    func leaf(_ role: Role) -> Leaf? {
      record.certificates[ReleasePath.certificate(for: role).relative].map { Leaf(.there($0)) }
    }
    (client, server) = (leaf(.frontEnd), leaf(.backEnd))
  }

  /// The facts that are recorded with its release.
  var facts: EdgeFacts {
    EdgeFacts(
      address: source, otherAddresses: otherAddresses, trusts: trusts.sorted(),
      refuses: refuses?.sorted(),
      openings: openings, publications: publications,
      services: services.flatMap { EdgeFacts.Service.all(of: $0, $1) }.sorted(),
      routes: routes.values.flatMap { $0 }.sorted())
  }
}

extension Endpoint.Leaf {
  init(_ certificate: PresentCertificate) {
    let terms = certificate.terms
    self.init(
      issuer: terms.issuer?.keyIdentifier, serial: certificate.record?.serial,
      commonName: terms.commonName, names: Set(terms.names), notAfter: terms.notAfter)
  }
}

extension Endpoint.Service {
  fileprivate init(_ facts: EdgeFacts.Service) {
    self.init(
      ports: [facts.port],
      admission: facts.frontEnds.map { .frontEnds(Set($0)) } ?? .everyone)
  }
}

extension EdgeFacts.Service {
  fileprivate static func all(of site: DomainName, _ service: Endpoint.Service) -> [Self] {
    let frontEnds: [HostName]? =
      switch service.admission {
      case .everyone: nil
      case .frontEnds(let names): names.sortedByText()
      }
    return service.ports.map { Self(site: site, port: $0, frontEnds: frontEnds) }
  }
}
