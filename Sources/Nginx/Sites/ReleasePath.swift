package import Fleet
package import Inventories

/// A file of a release, named relative to the release's folder; all such names are defined here.
package struct ReleasePath: Hashable, Sendable, Comparable, CustomStringConvertible {
  /// The link to the release that a host serves.
  package static let currentRelease = "/etc/deploy/current"
  /// The folder with one folder for each release.
  package static let releases = "/etc/deploy/releases"

  package let relative: String

  private init(_ relative: String) { self.relative = relative }

  private init(_ part: ReleasePart, _ name: String) { relative = part.prefix + name }

  /// The file that the host's own nginx includes in its `http` block.
  package static let main = ReleasePath("nginx/deploy.conf")
  /// Names the release; written when the release gets its number.
  package static let marker = ReleasePath("nginx/release.conf")
  /// The CA generations that the host accepts.
  package static let trustBundle = ReleasePath(.tls, "ca.crt")
  /// The revocation lists of these generations, one each.
  package static let revocationLists = ReleasePath(.tls, "revoked.crl")

  /// The nginx configuration of a site on a front-end or a back-end.
  package static func configuration(of domain: DomainName, as role: Role) -> ReleasePath {
    ReleasePath(.sites(of: role), "\(domain).conf")
  }

  /// A copy of the user's own configuration.
  package static func snippet(of domain: DomainName, as role: Role) -> ReleasePath {
    ReleasePath(.snippets, "\(role.rawValue)/\(domain).conf")
  }

  /// The host's own certificate: for clients on a front-end, for servers on a back-end.
  package static func certificate(for role: Role) -> ReleasePath {
    ReleasePath(.tls, "\(role.rawValue).crt")
  }

  /// The key of the host's own certificate.
  package static func key(for role: Role) -> ReleasePath {
    ReleasePath(.tls, "\(role.rawValue).key")
  }

  /// The certificate of a site for visitors.
  package static func publicCertificate(of domain: DomainName) -> ReleasePath {
    ReleasePath(.siteCertificates, "\(domain).crt")
  }

  /// The key of a site's certificate for visitors.
  package static func publicKey(of domain: DomainName) -> ReleasePath {
    ReleasePath(.siteCertificates, "\(domain).key")
  }

  /// The addresses of a content network, whose connections carry the visitor's address in a header.
  package static func realAddress(of network: KnownNetwork) -> ReleasePath {
    ReleasePath(.realAddresses, "\(network.rawValue).conf")
  }

  /// The addresses of the content network of one site.
  package static func realAddress(of domain: DomainName) -> ReleasePath {
    ReleasePath(.realAddresses, "\(domain).conf")
  }

  /// What visitors of a site get during maintenance.
  package static func maintenancePage(of domain: DomainName) -> ReleasePath {
    ReleasePath(.maintenancePages, "\(domain).html")
  }

  /// The CA of the content network that may connect to the front-ends of a site.
  package static func originPullCA(of domain: DomainName) -> ReleasePath {
    ReleasePath(.originPulls, "\(domain).crt")
  }

  /// The issuers with which stapled responses are verified.
  package static func staplingChain(of domain: DomainName) -> ReleasePath {
    ReleasePath(.staplingChains, "\(domain).crt")
  }

  /// The file on the host that the nginx serving a release holds open.
  package static func served(byRelease number: ReleaseNumber) -> String {
    "\(releases)/\(number)/nginx/served"
  }

  /// The path of the file through the link to the current release.
  package var installed: String { "\(Self.currentRelease)/\(relative)" }

  package var description: String { relative }

  package static func < (left: ReleasePath, right: ReleasePath) -> Bool {
    left.relative < right.relative
  }
}
