package import Fleet

/// What a release does for the fleet's edges: all that the edge model has to know of a host beside its
/// certificates.
///
/// Written into the release's manifest, so that the next plan can accept what was in force together
/// with what will be, whichever machine makes it.
package struct EdgeFacts: Hashable, Sendable {
  /// Where the host is reached, and where its front-end's connections come from; nil in facts of a release
  /// that was made before facts were recorded.
  package var address: IPAddress?
  /// The key identifiers of the CAs that it accepts, sorted.
  package var trusts: [String]
  /// The serials of revoked certificates that it refuses, sorted; nil where it has no revocation lists.
  package var refuses: [String]?
  /// What its firewall lets in, sorted by port.
  package var openings: [Opening]
  /// The ports that lead to a machine behind the host, sorted.
  package var publications: [Publication]
  /// The sites that it serves to front-ends, sorted.
  package var services: [Service]
  /// Where its front-end sends requests, sorted.
  package var routes: [Route]

  /// A site on a port that asks for a client certificate.
  package struct Service: Hashable, Sendable, Codable, Comparable {
    package var site: DomainName
    package var port: Port
    /// The common names of the client certificates that may use it, sorted; nil for every one of the CA,
    /// as in releases of 0.1.0.
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

  /// A back-end that a front-end sends a site's requests to.
  package struct Route: Hashable, Sendable, Codable, Comparable {
    package var site: DomainName
    package var host: HostName
    package var address: IPAddress
    package var port: Port

    package init(site: DomainName, host: HostName, address: IPAddress, port: Port) {
      self.site = site
      self.host = host
      self.address = address
      self.port = port
    }

    package static func < (left: Route, right: Route) -> Bool {
      (left.site, left.host, left.port, left.address)
        < (right.site, right.host, right.port, right.address)
    }
  }

  package init(
    address: IPAddress? = nil, trusts: [String] = [], refuses: [String]? = nil,
    openings: [Opening] = [], publications: [Publication] = [], services: [Service] = [],
    routes: [Route] = []
  ) {
    self.address = address
    self.trusts = trusts
    self.refuses = refuses
    self.openings = openings
    self.publications = publications
    self.services = services
    self.routes = routes
  }
}
