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
  }

  package var edges: [Edge] = []
  /// For each port of a back-end the hosts that must be blocked; in a large fleet a sample, which differs
  /// from port to port.
  package var forbiddenConnections: [ForbiddenConnection] = []
  package var publicEndpoints: [PublicEndpoint] = []

  /// The checks that an inventory implies.
  ///
  /// - Parameter selector: an edge is tested if either of its ends is selected.
  package init(of inventory: Inventory, _ selector: Selector) {
    let hosts = Dictionary(uniqueKeysWithValues: inventory.hosts.map { ($0.name, $0) })
    for site in inventory.sites {
      for frontEnd in site.frontEnds.compactMap({ hosts[$0] }) {
        if selector.matches(frontEnd) {
          publicEndpoints.append(PublicEndpoint(of: site, on: frontEnd))
        }
        for upstream in site.upstreams {
          guard let backEnd = hosts[upstream.host],
            selector.matches(frontEnd) || selector.matches(backEnd)
          else { continue }
          edges.append(Edge(of: site, from: frontEnd, to: backEnd, upstream.port))
        }
      }
    }
    forbiddenConnections = Self.forbiddenConnections(of: inventory, selector, hosts)
  }

  private static func forbiddenConnections(
    of inventory: Inventory, _ selector: Selector, _ hosts: [HostName: Host]
  ) -> [ForbiddenConnection] {
    let targets = Set(
      inventory.sites.flatMap(\.upstreams).map { Upstream(host: $0.host, port: $0.port) }
    ).sorted { ($0.host, $0.port) < ($1.host, $1.port) }
    let openings = Dictionary(
      uniqueKeysWithValues: Set(targets.map(\.host)).compactMap { hosts[$0] }
        .filter(selector.matches).map { ($0.name, ruleset(for: $0, in: inventory).openings) })
    let most = max(1, mostForbiddenConnections / max(1, targets.count))
    return targets.enumerated().flatMap { index, target -> [ForbiddenConnection] in
      guard let backEnd = hosts[target.host], let openings = openings[target.host] else {
        return []
      }
      let source = openings.source(of: .tcp(target.port))
      // Connections of a container come from the address of its container host.
      let others = inventory.hosts.filter {
        $0.name != backEnd.name && $0.placement == .direct
          && !source.contains(backEnd.apparentSource(of: $0.address))
      }
      let entry = backEnd.endpoint(to: target.port)
      return (0..<min(most, others.count)).map { offset in
        ForbiddenConnection(
          host: others[(index + offset) % others.count].name, backEnd: backEnd.name,
          address: entry.address, port: entry.port)
      }
    }
  }

  /// The limit for a run: each connection to a firewall that drops takes seconds to time out.
  private static let mostForbiddenConnections = 512
}

extension FleetChecks.Edge {
  fileprivate init(of site: Site, from frontEnd: Host, to backEnd: Host, _ port: Port) {
    let entry = backEnd.endpoint(to: port)
    self.init(
      site: site.domain, frontEnd: frontEnd.name, backEnd: backEnd.name,
      address: entry.address, port: entry.port)
  }
}

extension FleetChecks.PublicEndpoint {
  fileprivate init(of site: Site, on frontEnd: Host) {
    self.init(
      site: site.domain, frontEnd: frontEnd.name, address: frontEnd.address, port: .https,
      names: [site.domain] + site.aliases, certificate: site.certificate,
      asksForCertificate: site.originPulls != nil, isBehindNetwork: site.isBehindNetwork)
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

  /// The certificate of the fleet's CA that visitors of a site see, according to the state.
  package func certificate(ofSite domain: DomainName, on frontEnd: HostName) -> CertificateRecord? {
    hosts[frontEnd]?.release.certificates[
      ReleasePath.publicCertificate(of: domain).relative]
  }
}
