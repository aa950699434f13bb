internal import Diagnostics
import Fleet

extension DeclaredSite {
  /// Reports stapling with the private CA, which names no OCSP responder in its certificates.
  func checkStapling(_ found: inout DiagnosticCollector) {
    guard let stapling, certificate == .ca, let domain else { return }
    found.report(.staplingWithoutResponder(domain.value, at: stapling.place))
  }

  /// Reports that the site shares its ports with a site outside the network: a port is restricted to the network
  /// only if every site of the host uses one.
  func checkNetwork(beside visited: VisitedSites, _ found: inout DiagnosticCollector) {
    guard let network, let domain, let (other, host) = visited.first(on: frontEnds.map(\.value))
    else { return }
    found.report(
      .networkBesideVisitors(domain.value, host, visited: other, at: network.place))
  }
}

/// The sites that visitors reach directly, by front-end.
struct VisitedSites {
  private var domains: [DomainName] = []
  /// The position of the first such site of each front-end.
  private var first: [HostName: Int] = [:]

  /// - Parameter sites: in the order written.
  init(_ sites: [DeclaredSite]) {
    for site in sites where site.network == nil {
      guard let domain = site.domain else { continue }
      for frontEnd in site.frontEnds where first[frontEnd.value] == nil {
        first[frontEnd.value] = domains.count
      }
      domains.append(domain.value)
    }
  }

  /// The first of these sites that one of some front-ends publishes, and the first of these front-ends that does.
  func first(on frontEnds: [HostName]) -> (site: DomainName, host: HostName)? {
    guard let position = frontEnds.compactMap({ first[$0] }).min() else { return nil }
    return frontEnds.filter { first[$0] == position }.min().map { (domains[position], $0) }
  }
}

extension Diagnostic {
  static func twoApplications(at place: SourcePlace) -> Diagnostic {
    Diagnostic(
      .twoApplications, at: place,
      "\("fastcgi".quoted) already answers the requests of this site. Remove one of the two.")
  }

  static func backupsAlone(at place: SourcePlace) -> Diagnostic {
    Diagnostic(
      .backupsAlone, at: place,
      "Each back-end here is a backup, which is used only if the others do not answer. "
        + "Make at least one a primary back-end.")
  }

  static func headerWithKey(at place: SourcePlace) -> Diagnostic {
    Diagnostic(
      .headerWithKey, at: place,
      "Strict-Transport-Security is set with \("hsts: {max_age: 1y}".quoted). Use that key instead."
    )
  }

  static func repeatedHeader(_ name: HeaderName, at place: SourcePlace) -> Diagnostic {
    Diagnostic(
      .repeatedHeader, at: place,
      "\(name) is already in these headers; upper and lower case do not matter. Name it once.")
  }

  static func staplingWithoutResponder(
    _ domain: DomainName, at place: SourcePlace
  ) -> Diagnostic {
    Diagnostic(
      .staplingWithoutResponder, at: place,
      "The certificate of \(domain) comes from the private CA, which has no OCSP responder. "
        + "Nothing is stapled; remove it.")
  }

  static func networkBesideVisitors(
    _ domain: DomainName, _ host: HostName, visited: DomainName, at place: SourcePlace
  ) -> Diagnostic {
    Diagnostic(
      .networkBesideVisitors, at: place,
      "\(domain) should be reachable only through its network, but \(host) publishes \(visited) to "
        + "everybody on the same ports. Put \(visited) on other front-ends or behind the network, "
        + "or require the network's certificate with \("origin_pulls".quoted).")
  }
}
