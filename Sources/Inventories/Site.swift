package import Diagnostics

/// One domain: which front-ends publish it, which back-ends serve it.
package struct Site: Hashable, Sendable {
  package var domain: DomainName
  /// Redirected to the domain.
  package var aliases: [DomainName]
  /// Sorted by name.
  package var frontEnds: [HostName]
  /// Sorted by host, then port.
  package var upstreams: [Upstream]
  package var certificate: PublicCertificate
  /// The `max-age` of Strict-Transport-Security (RFC 6797); nil sends no such header.
  package var hstsMaxAge: Period?
  package var service: Service
  package var snippets: Snippets
  package var place: SourcePlace

  package init(
    domain: DomainName, aliases: [DomainName] = [], frontEnds: [HostName], upstreams: [Upstream],
    certificate: PublicCertificate, hstsMaxAge: Period? = nil, service: Service,
    snippets: Snippets = Snippets(), place: SourcePlace
  ) {
    self.domain = domain
    self.aliases = aliases
    self.frontEnds = frontEnds.sorted()
    self.upstreams = upstreams.sorted { ($0.host, $0.port) < ($1.host, $1.port) }
    self.certificate = certificate
    self.hstsMaxAge = hstsMaxAge
    self.service = service
    self.snippets = snippets
    self.place = place
  }

  /// Where one host serves the site; several where it does so on several ports.
  package func upstreams(on host: HostName) -> ArraySlice<Upstream> {
    upstreams.sortedRun(of: host, by: \.host)
  }
}

/// A back-end of a site, as its front-ends reach it.
package struct Upstream: Hashable, Sendable {
  package var host: HostName
  package var port: Port
  /// 1 is nginx's default.
  package var weight: Int

  package init(host: HostName, port: Port, weight: Int = 1) {
    self.host = host
    self.port = port
    self.weight = weight
  }
}

/// The certificate that a site's front-ends show to the world.
package enum PublicCertificate: Hashable, Sendable {
  /// Files on the controller.
  case files(certificate: LocalFile, key: LocalFile)
  /// Files that something else keeps on the host.
  case installed(certificate: RemotePath, key: RemotePath)
  /// Issued by the private authority.
  case authority
}

/// What a site's back-ends do with a request.
package struct Service: Hashable, Sendable {
  package enum Content: Hashable, Sendable {
    case files(root: RemotePath, index: FileName)
    case proxy(LocalApplication)
  }

  /// The mutual TLS port that the site's back-ends listen on unless an upstream says otherwise.
  package var port: Port
  package var content: Content

  package init(port: Port = .https, content: Content) {
    self.port = port
    self.content = content
  }
}

/// An application behind a back-end's nginx: `http://address:port`.
package struct LocalApplication: Hashable, Sendable {
  package var address: IPAddress
  package var port: Port

  package init(address: IPAddress, port: Port) {
    self.address = address
    self.port = port
  }
}

/// nginx configuration of the user's own, included in a site's server block.
package struct Snippets: Hashable, Sendable {
  package var frontEnd: LocalFile?
  package var backEnd: LocalFile?

  package init(frontEnd: LocalFile? = nil, backEnd: LocalFile? = nil) {
    self.frontEnd = frontEnd
    self.backEnd = backEnd
  }
}

/// A file beside the inventory, and where the inventory names it.
package struct LocalFile: Hashable, Sendable {
  package var path: LocalPath
  package var place: SourcePlace

  package init(path: LocalPath, place: SourcePlace) {
    self.path = path
    self.place = place
  }
}

/// What each host's firewall lets in.
package struct FirewallPolicy: Hashable, Sendable {
  package enum Scope: String, Hashable, Sendable, CaseIterable {
    /// The whole host but what is listed.
    case drop
    /// Only the sites' ports are guarded.
    case sites
  }

  package var scope: Scope
  /// Who may reach SSH; empty means everybody.
  package var sshFrom: [AddressRange]
  package var allow: [AllowedPort]

  package init(scope: Scope = .drop, sshFrom: [AddressRange] = [], allow: [AllowedPort] = []) {
    self.scope = scope
    self.sshFrom = sshFrom
    self.allow = allow
  }
}

/// A TCP port of the user's own that the firewall leaves open.
package struct AllowedPort: Hashable, Sendable {
  package var port: Port
  /// Empty means everybody.
  package var from: [AddressRange]

  package init(port: Port, from: [AddressRange] = []) {
    self.port = port
    self.from = from
  }
}
