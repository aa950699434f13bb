import Firewall
package import Inventories
import Nginx
package import State

/// What of a fleet can be tried from its own hosts: what works as declared, and what must not.
package struct FleetChecks: Hashable, Sendable {
  /// One site's link from a front-end to a back-end.
  package struct Edge: Hashable, Sendable {
    package var site: String
    package var frontEnd: String
    package var backEnd: String
    package var address: String
    package var port: Int

    package init(site: String, frontEnd: String, backEnd: String, address: String, port: Int) {
      self.site = site
      self.frontEnd = frontEnd
      self.backEnd = backEnd
      self.address = address
      self.port = port
    }
  }

  /// A host that a back-end's firewall must not let in.
  package struct Stranger: Hashable, Sendable {
    package var host: String
    package var backEnd: String
    package var address: String
    package var port: Int
  }

  /// A site on a front-end, as visitors meet it.
  package struct Entrance: Hashable, Sendable {
    package var site: String
    package var frontEnd: String
    package var address: String
    package var port: Int
    /// Whether its certificate is one of the authority.
    package var isAuthorized: Bool
  }

  package var edges: [Edge] = []
  /// One for each port of a back-end, a different host for each where there are several.
  package var strangers: [Stranger] = []
  package var entrances: [Entrance] = []

  /// - Parameter selector: an edge is tried where either of its ends is meant.
  package init(of inventory: Inventory, _ selector: Selector) {
    let hosts = Dictionary(uniqueKeysWithValues: inventory.hosts.map { ($0.name, $0) })
    var ports: Set<Upstream> = []
    for site in inventory.sites {
      for frontEnd in site.frontEnds.compactMap({ hosts[$0] }) {
        if selector.matches(frontEnd) {
          entrances.append(
            Entrance(
              site: site.domain.text, frontEnd: frontEnd.name.text,
              address: frontEnd.address.description, port: Int(Port.https.number),
              isAuthorized: site.certificate == .authority))
        }
        for upstream in site.upstreams {
          guard let backEnd = hosts[upstream.host],
            selector.matches(frontEnd) || selector.matches(backEnd)
          else { continue }
          let door = backEnd.door(to: upstream.port)
          edges.append(
            Edge(
              site: site.domain.text, frontEnd: frontEnd.name.text, backEnd: backEnd.name.text,
              address: door.address.description, port: Int(door.port.number)))
        }
      }
      for upstream in site.upstreams {
        ports.insert(Upstream(host: upstream.host, port: upstream.port))
      }
    }
    let targets = ports.sorted { ($0.host, $0.port) < ($1.host, $1.port) }
    for (index, target) in targets.enumerated() {
      guard let backEnd = hosts[target.host], selector.matches(backEnd) else { continue }
      let source = ruleset(for: backEnd, in: inventory).openings.source(of: .tcp(target.port))
      // What comes from a container seems to come from its host.
      let strangers = inventory.hosts.filter {
        $0.name != backEnd.name && $0.access == .direct
          && !source.contains(backEnd.apparentSource(of: $0.address))
      }
      guard !strangers.isEmpty else { continue }
      let door = backEnd.door(to: target.port)
      self.strangers.append(
        Stranger(
          host: strangers[index % strangers.count].name.text, backEnd: backEnd.name.text,
          address: door.address.description, port: Int(door.port.number)))
    }
  }
}

extension ReleaseRecord {
  /// The key identifier of the authority whose certificate the front-end shows.
  package var frontEndIssuer: String? {
    certificates[ReleasePath.certificate(for: .frontEnd).relative]?.issuerKeyIdentifier
  }
}

extension FleetState {
  /// The certificate that a back-end serves to front-ends, as it was recorded.
  package func certificate(ofBackEnd host: String) -> CertificateRecord? {
    hosts[host]?.release.certificates[ReleasePath.certificate(for: .backEnd).relative]
  }

  /// The certificate of the authority that visitors of a site see, as it was recorded.
  package func certificate(ofSite domain: String, on frontEnd: String) -> CertificateRecord? {
    guard let domain = DomainName(domain) else { return nil }
    return hosts[frontEnd]?.release.certificates[
      ReleasePath.publicCertificate(of: domain).relative]
  }
}
