internal import Diagnostics
import Fleet

extension DeclaredSite {
  /// Reports stapling with the private CA, which names no OCSP responder in its certificates.
  func checkStapling(_ found: inout DiagnosticCollector) {
    guard let stapling, certificate == .ca, let domain else { return }
    found.report(.staplingWithoutResponder(domain.value, at: stapling.place))
  }

  /// Reports a back-end with an IPv6 address and a front-end with an IPv4 address, or the reverse.
  /// They cannot connect, because each has one declared address, and firewalls accept no other.
  func checkFamilies(_ hosts: DeclaredHosts, _ found: inout DiagnosticCollector) {
    for upstream in upstreams {
      guard let backEnd = hosts.hosts[upstream.value.host]?.value,
        let frontEnd = frontEnds.lazy.compactMap({ hosts.hosts[$0.value]?.value })
          .first(where: { $0.address.bitWidth != backEnd.address.bitWidth })
      else { continue }
      found.report(.familiesApart(frontEnd, backEnd, at: upstream.place))
    }
  }

  /// Warns about a site behind a network whose front-ends also publish a site without one: their
  /// ports 80 and 443 are then open to everybody, not only to the network.
  func checkNetwork(beside sites: [DeclaredSite], _ found: inout DiagnosticCollector) {
    guard let network, let domain else { return }
    let own = Set(frontEnds.map(\.value))
    for other in sites where other.network == nil {
      guard let host = other.frontEnds.map(\.value).sorted().first(where: own.contains),
        let visited = other.domain
      else { continue }
      found.report(
        .networkBesideVisitors(
          domain.value, host, visited: visited.value, at: network.place))
      return
    }
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

  static func familiesApart(
    _ frontEnd: Host, _ backEnd: Host, at place: SourcePlace
  ) -> Diagnostic {
    let (one, other) = frontEnd.address.bitWidth == 32 ? ("IPv4", "IPv6") : ("IPv6", "IPv4")
    return Diagnostic(
      .familiesApart, at: place,
      "The front-end \(frontEnd.name) has the \(one) address \(frontEnd.address), and "
        + "\(backEnd.name) the \(other) address \(backEnd.address): they cannot connect. Give both "
        + "an address of the same family, or remove one of them from this site.")
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
