internal import Diagnostics
import Fleet

/// The domains and aliases of all sites; each belongs to one site only. The inventory's reader
/// makes one to find conflicts.
struct DomainTable {
  private var places: [DomainName: SourcePlace] = [:]

  /// Reports domains and aliases that occur twice.
  init(_ sites: [DeclaredSite], _ found: inout DiagnosticCollector) {
    // Domains first, so that a conflict is reported at the alias.
    for domain in sites.compactMap(\.domain) + sites.flatMap(\.aliases) {
      if let first = places[domain.value] {
        found.report(.duplicateDomain(domain.value, at: domain.place, first: first))
      } else {
        places[domain.value] = domain.place
      }
    }
  }

  /// Reports a CA whose common name is a domain of a site, without regard to case.
  func check(
    _ ca: CommonName, at place: SourcePlace, _ found: inout DiagnosticCollector
  ) {
    guard let domain = DomainName(ca.text.lowercased()).flatMap({ places[$0] }) else {
      return
    }
    found.report(.caNamedLikeDomain(ca, at: place, domain: domain))
  }
}

/// The ports on which a host listens: SSH, 80 and 443 of a front-end, and those of the sites that
/// it serves.
enum Listeners {
  /// Reports ports of a host that two of its services would listen on.
  static func check(
    _ sites: [DeclaredSite], _ hosts: DeclaredHosts, _ found: inout DiagnosticCollector
  ) {
    let publishing = Set(sites.flatMap { $0.frontEnds.map(\.value) })
    let publicPorts: [Port] = [.http, .https]
    for name in publishing {
      guard let host = hosts.hosts[name], publicPorts.contains(host.value.ssh.port) else {
        continue
      }
      found.report(
        .portConflict(
          host.value.ssh.port, on: name, "SSH", "a public port of the front-end",
          at: host.value.place))
    }
    for upstream in sites.flatMap(\.upstreams) {
      let (name, port) = (upstream.value.host, upstream.value.port)
      guard let host = hosts.hosts[name] else { continue }
      if port == host.value.ssh.port {
        found.report(
          .portConflict(port, on: name, "SSH", "a site's back-end port", at: upstream.place))
      }
      if publishing.contains(name), publicPorts.contains(port) {
        found.report(
          .portConflict(
            port, on: name, "a public port of the front-end", "a site's back-end port",
            at: upstream.place))
      }
    }
  }

  /// Reports the first host of each kind on which the port of `stub_status` has another use.
  static func check(
    _ status: Placed<StubStatus>, besides sites: [DeclaredSite], _ hosts: DeclaredHosts,
    _ found: inout DiagnosticCollector
  ) {
    let port = status.value.port
    let frontEnds = sites.flatMap { $0.frontEnds.map(\.value) }
    let backEnds = sites.flatMap(\.upstreams).filter { $0.value.port == port }.map(\.value.host)
    let loggedInto = (frontEnds + sites.flatMap(\.upstreams).map(\.value.host)).filter {
      hosts.hosts[$0]?.value.ssh.port == port
    }
    let publishing: [Port] = [.http, .https]
    let applications = sites.filter { $0.listensLocally(on: port) }
      .flatMap(\.upstreams).map(\.value.host)
    let publishers = (frontEnds + sites.flatMap(\.upstreams).map(\.value.host)).filter {
      hosts.hosts[$0]?.value.container?.published == port
    }
    for (names, use) in [
      (loggedInto, "SSH"), (backEnds, "a site's back-end port"),
      (applications, "the port of a site's application"),
      (publishers, "the published port of its container"),
      (publishing.contains(port) ? frontEnds : [], "a public port of the front-end"),
    ] {
      guard let first = names.min() else { continue }
      found.report(
        .portConflict(port, on: first, use, "that of \("stub_status".quoted)", at: status.place))
    }
  }
}

extension DeclaredSite {
  /// Whether its back-ends pass requests to an application on this port of their own.
  fileprivate func listensLocally(on port: Port) -> Bool {
    switch service?.content {
    case .proxy(.tcp(let address, port)), .fastCGI(.tcp(let address, port), _, _):
      address.isLoopback
    default: false
    }
  }
}
