import Firewall
package import Fleet
import Nginx
package import State

/// Decides whether a front-end's requests for a site reach a back-end: everything that has to match on
/// the two hosts (address, firewall, site, certificates, trust and revocation).
package enum EdgeModel {
  /// Why a request is not answered.
  package enum Blocker: String, Hashable, Sendable, CaseIterable {
    case notThere = "nothing answers at that address"
    case shutOut = "the firewall blocks the front-end"
    case notServed = "the site is not served on that port"
    case notAdmitted = "the back-end does not serve the site to this front-end"
    case wrongName = "the back-end's certificate is for other names"
    case serverNotTrusted = "the front-end does not trust the back-end's certificate"
    case clientNotTrusted = "the back-end does not trust the front-end's certificate"
    case revoked = "one host refuses the other's certificate, which is revoked"
    case expired = "a certificate has expired"
  }

  /// Returns nil if the site answers the request.
  ///
  /// - Parameter containerHost: the host that the back-end is a container of.
  package static func blocker(
    on route: EdgeFacts.Route, from frontEnd: Endpoint, to backEnd: Endpoint,
    through containerHost: Endpoint? = nil, at now: Timestamp
  ) -> Blocker? {
    guard let source = route.source ?? frontEnd.source else { return .notThere }
    var arrival = (address: route.address, port: route.port, source: source)
    let host = containerHost?.addresses.contains(route.address) == true ? containerHost : backEnd
    if let publication = host?.publication(of: route.port, to: source) {
      arrival.address = publication.address
      arrival.port = publication.target
      if publication.network.contains(source) { arrival.source = publication.containerHost }
    }
    guard backEnd.addresses.contains(arrival.address) else { return .notThere }
    guard backEnd.openings.source(of: .tcp(arrival.port)).contains(arrival.source) else {
      return .shutOut
    }
    guard let service = backEnd.services[route.site],
      service.ports.contains(arrival.port),
      let client = frontEnd.client, let server = backEnd.server
    else { return .notServed }
    guard server.names.contains(route.site.text) else { return .wrongName }
    guard frontEnd.trustsIssuer(of: server) else { return .serverNotTrusted }
    guard backEnd.trustsIssuer(of: client) else { return .clientNotTrusted }
    guard !backEnd.refuses(client), !frontEnd.refuses(server) else { return .revoked }
    guard service.admission.admits(client.commonName) else { return .notAdmitted }
    return client.notAfter > now && server.notAfter > now ? nil : .expired
  }

  /// The routes from one host to another that are not answered.
  static func brokenRoutes(
    from frontEnd: Endpoint, to backEnd: Endpoint, named name: HostName,
    through containerHost: Endpoint?, at now: Timestamp
  ) -> Set<EdgeFacts.Route> {
    let routes = frontEnd.routes(to: name)
    func isBroken(_ route: EdgeFacts.Route) -> Bool {
      blocker(on: route, from: frontEnd, to: backEnd, through: containerHost, at: now) != nil
    }
    return routes.contains(where: isBroken) ? routes.filter(isBroken) : []
  }
}

extension Endpoint {
  /// Whether the host accepts certificates of the CA that signed this one.
  fileprivate func trustsIssuer(of leaf: Leaf) -> Bool {
    leaf.issuer.map(trusts.contains) ?? false
  }

  /// Whether a certificate is on the revocation lists of the host.
  func refuses(_ leaf: Leaf) -> Bool {
    leaf.serial.map { refuses?.contains($0) ?? false } ?? false
  }

  /// The publication that forwards new connections to a port; nil if the host does not forward it.
  fileprivate func publication(of port: Port, to source: IPAddress) -> Publication? {
    publications.first { publication in
      publication.port == port
        && Opening.Source.ranges(publication.from).contains(source)
    }
  }
}
