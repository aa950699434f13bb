package import Diagnostics
package import Fleet

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
  /// What visitors' connections come through, where they do not come by themselves.
  package var network: ContentNetwork?
  /// The CA whose certificate the network must show to front-ends; of nobody else.
  package var originPulls: LocalFile?
  package var stapling: Stapling?
  package var requests: RequestPolicy
  package var place: SourcePlace

  package init(
    domain: DomainName, aliases: [DomainName] = [], frontEnds: [HostName], upstreams: [Upstream],
    certificate: PublicCertificate, hstsMaxAge: Period? = nil, service: Service,
    snippets: Snippets = Snippets(), network: ContentNetwork? = nil,
    originPulls: LocalFile? = nil, stapling: Stapling? = nil,
    requests: RequestPolicy = RequestPolicy(), place: SourcePlace
  ) {
    self.domain = domain
    self.aliases = aliases
    self.frontEnds = frontEnds.sorted()
    self.upstreams = upstreams.sorted { ($0.host, $0.port) < ($1.host, $1.port) }
    self.certificate = certificate
    self.hstsMaxAge = hstsMaxAge
    self.service = service
    self.snippets = snippets
    self.network = network
    self.originPulls = originPulls
    self.stapling = stapling
    self.requests = requests
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
  /// Whether it is asked only where no other answers.
  package var isBackup: Bool
  /// How many failures within `failTimeout` take it out for as long; 0 for never. nginx's default
  /// is 1.
  package var maxFails: Int
  /// nginx's default is 10 s.
  package var failTimeout: Period

  package init(
    host: HostName, port: Port, weight: Int = 1, isBackup: Bool = false, maxFails: Int = 1,
    failTimeout: Period = .seconds(10)
  ) {
    self.host = host
    self.port = port
    self.weight = weight
    self.isBackup = isBackup
    self.maxFails = maxFails
    self.failTimeout = failTimeout
  }
}

/// The certificate that a site's front-ends show to the world.
package enum PublicCertificate: Hashable, Sendable {
  /// Files on the controller.
  case files(certificate: LocalFile, key: LocalFile)
  /// Files that something else keeps on the host.
  case installed(certificate: RemotePath, key: RemotePath)
  /// Issued by the private CA.
  case ca
}

/// What a site's back-ends do with a request.
package struct Service: Hashable, Sendable {
  package enum Content: Hashable, Sendable {
    case files(root: RemotePath, index: FileName)
    case proxy(LocalApplication)
    /// With a root, files in it that are no `.php` are served as they are, and what is no file
    /// goes to the index.
    case fastCGI(LocalApplication, root: RemotePath?, index: FileName)
  }

  /// The mutual TLS port that the site's back-ends listen on unless an upstream says otherwise.
  package var port: Port
  package var content: Content

  package init(port: Port = .https, content: Content) {
    self.port = port
    self.content = content
  }
}

/// Where an application behind a back-end's nginx listens.
package enum LocalApplication: Hashable, Sendable {
  case tcp(IPAddress, Port)
  case unix(RemotePath)
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
