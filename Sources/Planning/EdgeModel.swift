import Firewall
import Inventories
package import State

/// Whether a front-end's requests for a site reach one of its back-ends: the whole of what must fit
/// together on two hosts, and nothing else.
package enum EdgeModel {
  /// What is in the way of a request.
  package enum Obstacle: String, Hashable, Sendable, CaseIterable {
    case notThere = "nothing answers at that address"
    case shutOut = "the firewall shuts the front-end out"
    case notServed = "the site is not served on that port"
    case wrongName = "the back-end's certificate is for other names"
    case serverNotTrusted = "the front-end does not trust the back-end's certificate"
    case clientNotTrusted = "the back-end does not trust the front-end's certificate"
    case revoked = "one refuses the other's certificate, which is revoked"
    case expired = "a certificate has expired"
  }

  /// Returns nil where the request is answered by the site.
  package static func obstacle(
    on route: EdgeFacts.Route, from frontEnd: Endpoint, to backEnd: Endpoint, at now: Timestamp
  ) -> Obstacle? {
    guard backEnd.addresses.contains(route.address) else { return .notThere }
    guard backEnd.letsIn(frontEnd.source, to: route.port) else { return .shutOut }
    guard backEnd.services.contains(.init(site: route.site, port: route.port)) else {
      return .notServed
    }
    guard let client = frontEnd.client, let server = backEnd.server else { return .notServed }
    guard server.names.contains(route.site) else { return .wrongName }
    guard frontEnd.trusts.contains(server.issuer) else { return .serverNotTrusted }
    guard backEnd.trusts.contains(client.issuer) else { return .clientNotTrusted }
    guard !backEnd.refuses(client), !frontEnd.refuses(server) else { return .revoked }
    return client.notAfter > now && server.notAfter > now ? nil : .expired
  }

  /// The routes from one host to another that lead to no answer, for another reason than a tolerated one.
  static func brokenRoutes(
    from frontEnd: Endpoint, to backEnd: Endpoint, named name: String, at now: Timestamp,
    tolerating tolerated: Obstacle? = nil
  ) -> Set<EdgeFacts.Route> {
    frontEnd.routes(to: name).filter {
      let obstacle = obstacle(on: $0, from: frontEnd, to: backEnd, at: now)
      return obstacle != nil && obstacle != tolerated
    }
  }
}

extension Endpoint {
  func refuses(_ leaf: Leaf) -> Bool { refuses?.contains(leaf.serial) ?? false }

  fileprivate func letsIn(_ source: String, to port: Int) -> Bool {
    guard let address = IPAddress(source), let port = Port(port) else { return false }
    let opening =
      openings.first { $0.target == .tcp(port) } ?? openings.first { $0.target == .everythingElse }
    switch opening?.from {
    case nil: return false
    case .everybody: return true
    case .ranges(let ranges):
      // Front-ends are listed one by one: the exact address is looked for first.
      return !ranges.sortedRun(of: AddressRange(address), by: \.self).isEmpty
        || ranges.contains { $0.contains(address) }
    }
  }
}
