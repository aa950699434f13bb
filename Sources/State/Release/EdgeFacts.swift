package import Fleet

/// What a release does for edges: which addresses, CAs and sites it accepts, and where it routes.
///
/// It is part of the release's manifest, so that the next plan, made on any machine, can accept the old
/// configuration together with the new one.
package struct EdgeFacts: Hashable, Sendable {
  /// The address of the host, also the source of its front-end's connections; nil for a release that was
  /// made before facts were recorded.
  package var address: IPAddress?
  /// Further addresses at which front-ends reach the host, sorted: in private networks, or of the other family.
  package var otherAddresses: [IPAddress]
  /// The key identifiers of the CAs that it accepts, sorted.
  package var trusts: [String]
  /// The serials of revoked certificates that it refuses, sorted; nil if it has no revocation lists.
  package var refuses: [String]?
  /// What its firewall accepts, sorted by port.
  package var openings: [Opening]
  /// The ports that the host forwards to its container, sorted.
  package var publications: [Publication]
  /// The sites that it serves to front-ends, sorted.
  package var services: [Service]
  /// The routes of its front-end, sorted by site, then by the host's text.
  package var routes: [Route]

  /// A site on a port that asks for a client certificate.
  package struct Service: Hashable, Sendable, Codable, Comparable {
    package var site: DomainName
    package var port: Port
    /// The common names of the client certificates that are admitted, sorted; nil for every certificate of
    /// the CA, as in releases of 0.1.0.
    package var frontEnds: [HostName]?

    package init(site: DomainName, port: Port, frontEnds: [HostName]?) {
      self.site = site
      self.port = port
      self.frontEnds = frontEnds
    }

    package static func < (left: Service, right: Service) -> Bool {
      (left.site, left.port) < (right.site, right.port)
    }
  }

  /// A back-end to which a front-end sends a site's requests.
  package struct Route: Hashable, Sendable, Codable, Comparable {
    package var site: DomainName
    package var host: HostName
    package var address: IPAddress
    package var port: Port
    /// The front-end's address for these connections; nil for the address of the host.
    package var source: IPAddress?

    package init(
      site: DomainName, host: HostName, address: IPAddress, port: Port, source: IPAddress? = nil
    ) {
      self.site = site
      self.host = host
      self.address = address
      self.port = port
      self.source = source
    }

    package static func < (left: Route, right: Route) -> Bool {
      (left.site, left.host.text, left.port, left.address)
        < (right.site, right.host.text, right.port, right.address)
    }
  }

  package init(
    address: IPAddress? = nil, otherAddresses: [IPAddress] = [], trusts: [String] = [],
    refuses: [String]? = nil,
    openings: [Opening] = [], publications: [Publication] = [], services: [Service] = [],
    routes: [Route] = []
  ) {
    self.address = address
    self.otherAddresses = otherAddresses
    self.trusts = trusts
    self.refuses = refuses
    self.openings = openings
    self.publications = publications
    self.services = services
    self.routes = routes
  }
}
