package import Diagnostics
package import Fleet

/// One domain, with the front-ends that publish it and the back-ends that serve it (an entry of
/// `sites:`).
package struct Site: Hashable, Sendable {
  package var domain: DomainName
  /// Redirected to the domain.
  package var aliases: [DomainName]
  /// Sorted by name.
  package var frontEnds: [HostName]
  /// Sorted by the host's text, then port: the order of the rendered files.
  package var upstreams: [Upstream]
  /// What front-ends present to visitors.
  package var certificate: PublicCertificate
  /// Whether visitors trust the CA of the certificate although browsers do not know it.
  package var isPrivatelyTrusted: Bool
  /// The `max-age` of Strict-Transport-Security (RFC 6797); if nil, the header is not sent.
  package var hstsMaxAge: Period?
  package var service: Service
  package var snippets: Snippets
  /// The networks in which front-ends connect to back-ends.
  package var edgeNetworks: EdgeNetworks
  /// The network through which visitors connect; nil if they connect directly.
  package var network: ContentNetwork?
  /// The CA of the client certificate that the network must present to front-ends (authenticated
  /// origin pulls); nil if front-ends ask for no certificate.
  package var originPulls: LocalFile?
  package var stapling: Stapling?
  package var requests: RequestPolicy
  /// Nil unless the site is in maintenance.
  package var maintenance: Maintenance?
  package var place: SourcePlace

  package init(
    domain: DomainName, aliases: [DomainName] = [], frontEnds: [HostName], upstreams: [Upstream],
    certificate: PublicCertificate, isPrivatelyTrusted: Bool = false, hstsMaxAge: Period? = nil,
    service: Service, snippets: Snippets = Snippets(), edgeNetworks: EdgeNetworks = EdgeNetworks(),
    network: ContentNetwork? = nil,
    originPulls: LocalFile? = nil, stapling: Stapling? = nil,
    requests: RequestPolicy = RequestPolicy(), place: SourcePlace
  ) {
    self.domain = domain
    self.aliases = aliases
    self.frontEnds = frontEnds.sorted()
    self.upstreams = upstreams.sorted { ($0.host.text, $0.port) < ($1.host.text, $1.port) }
    self.certificate = certificate
    self.isPrivatelyTrusted = isPrivatelyTrusted
    self.hstsMaxAge = hstsMaxAge
    self.service = service
    self.snippets = snippets
    self.edgeNetworks = edgeNetworks
    self.network = network
    self.originPulls = originPulls
    self.stapling = stapling
    self.requests = requests
    self.place = place
  }

  /// The upstreams of a site on one host; several if it serves the site on several ports.
  package func upstreams(on host: HostName) -> ArraySlice<Upstream> {
    upstreams.sortedRun(of: host.text, by: \.host.text)
  }

  /// The upstreams to which front-ends send requests; empty if all are drained.
  package var activeUpstreams: [Upstream] { upstreams.filter { !$0.isDrained } }
}

/// A back-end of a site, as its front-ends reach it.
package struct Upstream: Hashable, Sendable {
  package var host: HostName
  package var port: Port
  /// 1 is nginx's default.
  package var weight: Int
  /// Whether it is used only if no other back-end answers.
  package var isBackup: Bool
  /// After how many failures within `failTimeout` it is not used for as long; 0 for never. Nil for
  /// the default: nginx's 1, and more for a backup.
  package var maxFails: Int?
  /// nginx's default is 10 s.
  package var failTimeout: Period
  /// Whether front-ends send it no requests for now (`deploy drain`): from the state, not from the inventory.
  package var isDrained = false

  package init(
    host: HostName, port: Port, weight: Int = 1, isBackup: Bool = false, maxFails: Int? = nil,
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

/// The certificate that a site's front-ends present to visitors.
package enum PublicCertificate: Hashable, Sendable {
  /// Files on the controller.
  case files(certificate: LocalFile, key: LocalFile)
  /// Files on the host that another program maintains.
  case installed(certificate: RemotePath, key: RemotePath)
  /// Issued by the private CA.
  case ca
  /// Ordered from a public CA when it is due.
  case acme(ACMECertificate)
  /// From a program of the controller, with its key, when it is due.
  case command(CertificateProgram)
}

/// A program that gets a site's certificate: it prints it with its key, or writes files.
package struct CertificateProgram: Hashable, Sendable {
  /// Where the program writes on the controller.
  package struct Files: Hashable, Sendable {
    package var certificate: LocalFile
    package var key: LocalFile
  }

  /// The program and its arguments.
  package var words: [String]
  /// Nil if the program prints the certificate with its chain and its key.
  package var files: Files?

  package init(_ words: [String], files: Files? = nil) {
    self.words = words
    self.files = files
  }
}

/// How a site's back-ends answer a request.
package struct Service: Hashable, Sendable {
  /// Where the answers come from: files, an application over HTTP, or a FastCGI application.
  package enum Content: Hashable, Sendable {
    /// Files below a folder of the back-end; the index is sent for a folder.
    case files(root: RemotePath, index: FileName)
    /// An application that speaks HTTP.
    case proxy(LocalApplication)
    /// With a root, files in it other than `.php` are sent as they are, and requests for anything
    /// else go to the index.
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

/// Where a back-end's nginx passes requests to an application, over HTTP or FastCGI: a numeric IP
/// address (not necessarily loopback) and a port, or the path of a Unix socket.
///
/// Read from `back_end.proxy` or `back_end.fastcgi`.
package enum LocalApplication: Hashable, Sendable {
  case tcp(IPAddress, Port)
  case unix(RemotePath)
}

/// The user's own nginx configuration, included in a site's server block.
package struct Snippets: Hashable, Sendable {
  package var frontEnd: LocalFile?
  package var backEnd: LocalFile?

  package init(frontEnd: LocalFile? = nil, backEnd: LocalFile? = nil) {
    self.frontEnd = frontEnd
    self.backEnd = backEnd
  }
}

/// A file next to the inventory, and the place in the inventory that names it.
package struct LocalFile: Hashable, Sendable {
  package var path: LocalPath
  package var place: SourcePlace

  package init(path: LocalPath, place: SourcePlace) {
    self.path = path
    self.place = place
  }
}
