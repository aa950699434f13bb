import Firewall
package import Fleet
package import Inventories
import Nginx
package import State

/// The connections of a fleet that `deploy verify` tests from its own hosts: those that must succeed and
/// those that must be refused.
package struct FleetChecks: Hashable, Sendable {
  /// One site's connection from a front-end to a back-end.
  package struct Edge: Hashable, Sendable {
    package var site: DomainName
    package var frontEnd: HostName
    package var backEnd: HostName
    package var address: IPAddress
    package var port: Port

    package init(_ route: EdgeFacts.Route, from frontEnd: HostName) {
      self.init(
        site: route.site, frontEnd: frontEnd, backEnd: route.host, address: route.address,
        port: route.port)
    }

    package init(
      site: DomainName, frontEnd: HostName, backEnd: HostName, address: IPAddress, port: Port
    ) {
      self.site = site
      self.frontEnd = frontEnd
      self.backEnd = backEnd
      self.address = address
      self.port = port
    }
  }

  /// A connection from a host that a back-end's firewall must block.
  package struct ForbiddenConnection: Hashable, Sendable {
    package var host: HostName
    package var backEnd: HostName
    package var address: IPAddress
    package var port: Port
  }

  /// A site on a front-end, as visitors reach it.
  package struct PublicEndpoint: Hashable, Sendable {
    package var site: DomainName
    package var frontEnd: HostName
    package var address: IPAddress
    package var port: Port
    /// The names that its certificate must have.
    package var names: [DomainName]
    /// Where the certificate that visitors see comes from.
    package var certificate: PublicCertificate
    /// Whether it only answers its content network, whose client certificate the controller does not have.
    package var asksForCertificate: Bool
    /// Whether only a content network sees its certificate, which no one else needs to be able to verify.
    package var isBehindNetwork: Bool
    /// Whether visitors trust the CA of the certificate although browsers do not know it.
    package var isPrivatelyTrusted: Bool
    /// Whether its front-ends answer that it is in maintenance.
    package var isInMaintenance = false
  }

  /// Which edges and public endpoints of a fleet are tested.
  package enum Extent: Hashable, Sendable {
    case all
    /// All in a fleet that has at most this number; otherwise this number, or more if that is necessary to have
    /// every host and every site among them.
    case sample(atMost: Int)

    /// A sample of what takes minutes otherwise.
    package static let usual = Extent.sample(atMost: 5_000)
  }

  /// In the order of the inventory.
  package private(set) var edges: [Edge] = []
  /// For each port of a back-end the hosts that must be blocked; in a large fleet a sample, which differs
  /// from port to port.
  package let forbiddenConnections: [ForbiddenConnection]
  package private(set) var publicEndpoints: [PublicEndpoint] = []
  /// How many there are in the fleet, of which those to test may be a sample.
  package let edgeCount: Int
  package let forbiddenConnectionCount: Int
  package let publicEndpointCount: Int

  /// Whether fewer edges or public endpoints are tested than there are.
  package var isSample: Bool {
    edges.count < edgeCount || publicEndpoints.count < publicEndpointCount
  }

  /// The checks that an inventory implies.
  ///
  /// - Parameter selector: an edge is tested if either of its ends is selected.
  package init(of inventory: Inventory, _ selector: Selector, _ extent: Extent = .all) {
    let hosts = Dictionary(uniqueKeysWithValues: inventory.hosts.map { ($0.name, $0) })
    let selected = Set(inventory.hosts.lazy.filter(selector.matches).map(\.name))
    (forbiddenConnections, forbiddenConnectionCount) = ForbiddenConnection.all(
      in: inventory, to: selected, hosts)

    let edgeGrids = inventory.sites.indices.flatMap {
      PairGrid.edges(of: $0, in: inventory, selected)
    }
    var untested = edgeGrids.pairCount
    for (site, pairs) in edgeGrids.chosen(extent) {
      let site = inventory.sites[site]
      untested -= pairs.count
      edges += pairs.flatMap { pair -> [Edge] in
        guard let frontEnd = hosts[site.frontEnds[pair.row]] else { return [] }
        let upstream = site.upstreams[pair.column]
        return inventory.connections(of: site, from: frontEnd, to: upstream).map {
          Edge(
            site: site.domain, frontEnd: frontEnd.name, backEnd: upstream.host,
            address: $0.address, port: $0.port)
        }
      }
    }
    edgeCount = edges.count + untested

    let endpointGrids = inventory.sites.indices.map {
      PairGrid.endpoints(of: $0, in: inventory, selected)
    }
    untested = endpointGrids.pairCount
    for (site, pairs) in endpointGrids.chosen(extent) {
      let site = inventory.sites[site]
      untested -= pairs.count
      publicEndpoints += pairs.flatMap { pair in
        hosts[site.frontEnds[pair.row]].map { PublicEndpoint.all(of: site, on: $0) } ?? []
      }
    }
    publicEndpointCount = publicEndpoints.count + untested
  }
}

extension FleetChecks.PublicEndpoint {
  /// One for each public address of the front-end.
  fileprivate static func all(of site: Site, on frontEnd: Host) -> [Self] {
    (frontEnd.addresses(in: .public)?.all ?? []).map { Self(of: site, on: frontEnd, at: $0) }
  }

  private init(of site: Site, on frontEnd: Host, at address: IPAddress) {
    self.init(
      site: site.domain, frontEnd: frontEnd.name, address: address, port: .https,
      names: [site.domain] + site.aliases, certificate: site.certificate,
      asksForCertificate: site.originPulls != nil, isBehindNetwork: site.isBehindNetwork,
      isPrivatelyTrusted: site.isPrivatelyTrusted,
      isInMaintenance: site.maintenance != nil)
  }
}

extension ReleaseRecord {
  /// The certificate that the front-end presents to back-ends.
  package var frontEndCertificate: CertificateRecord? {
    certificates[ReleasePath.certificate(for: .frontEnd).relative]
  }
}

extension FleetState {
  /// The certificate that a back-end presents to front-ends, according to the state.
  package func certificate(ofBackEnd host: HostName) -> CertificateRecord? {
    hosts[host]?.release.certificates[ReleasePath.certificate(for: .backEnd).relative]
  }

  /// The digests of the site certificates on all hosts, of any issuer.
  package var shownSiteCertificates: Set<String> {
    Set(
      hosts.values.flatMap { record in
        record.release.files.filter {
          ReleasePart.siteCertificates.contains($0.key) && !$0.value.isSecret
        }
        .map(\.value.digest)
      })
  }

  /// The front-ends that show visitors of a site the certificate with a digest, according to the state.
  package func hosts(showing digest: String, for site: DomainName) -> [HostName] {
    let path = ReleasePath.publicCertificate(of: site).relative
    return hosts.filter { $0.value.release.files[path]?.digest == digest }.keys.sorted()
  }

  /// The certificate of the fleet's CA that visitors of a site see, according to the state.
  package func certificate(ofSite domain: DomainName, on frontEnd: HostName) -> CertificateRecord? {
    hosts[frontEnd]?.release.certificates[
      ReleasePath.publicCertificate(of: domain).relative]
  }
}
