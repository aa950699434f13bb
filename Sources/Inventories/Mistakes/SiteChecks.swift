internal import Diagnostics
import Fleet

extension DeclaredSite {
  /// The private CA names no OCSP responder in what it issues.
  func checkStapling(_ found: inout DiagnosticCollector) {
    guard let stapling, certificate == .ca, let domain else { return }
    found.report(.staplingWithoutResponder(domain.value, at: stapling.place))
  }

  /// What a host is reached at is also what others know it by: firewalls let in that address alone.
  func checkFamilies(_ hosts: DeclaredHosts, _ found: inout DiagnosticCollector) {
    for upstream in upstreams {
      guard let backEnd = hosts.hosts[upstream.value.host]?.value,
        let frontEnd = frontEnds.lazy.compactMap({ hosts.hosts[$0.value]?.value })
          .first(where: { $0.address.bitWidth != backEnd.address.bitWidth })
      else { continue }
      found.report(.familiesApart(frontEnd, backEnd, at: upstream.place))
    }
  }

  /// A port is open to the network alone only where every site of the host is behind one.
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
      "The site's \("fastcgi".quoted) answers its requests already. Remove one of the two.")
  }

  static func backupsAlone(at place: SourcePlace) -> Diagnostic {
    Diagnostic(
      .backupsAlone, at: place,
      "Each back-end here is a backup, which is asked only where the others do not answer. "
        + "Let at least one be none.")
  }

  static func headerOfItsOwn(at place: SourcePlace) -> Diagnostic {
    Diagnostic(
      .headerOfItsOwn, at: place,
      "Strict-Transport-Security is said by \("hsts: {max_age: 1y}".quoted). Write that instead.")
  }

  static func repeatedHeader(_ name: HeaderName, at place: SourcePlace) -> Diagnostic {
    Diagnostic(
      .repeatedHeader, at: place,
      "\(name) stands in these headers already, for their case does not matter. Name it once.")
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
        + "\(backEnd.name) the \(other) address \(backEnd.address): neither reaches the other. Give both "
        + "an address of one family, or take one of them off this site.")
  }

  static func networkBesideVisitors(
    _ domain: DomainName, _ host: HostName, visited: DomainName, at place: SourcePlace
  ) -> Diagnostic {
    Diagnostic(
      .networkBesideVisitors, at: place,
      "\(domain) is to be reached through its network alone, but \(host) publishes \(visited) to "
        + "everybody on the same ports. Put \(visited) on other front-ends or behind the network, "
        + "or demand the network's certificate by \("origin_pulls".quoted).")
  }
}
