package import Fleet
package import Inventories

/// A file of a release, named relative to the release's folder; the one place for such names.
package struct ReleasePath: Hashable, Sendable, Comparable, CustomStringConvertible {
  /// The link to the release that a host serves.
  package static let currentRelease = "/etc/deploy/current"
  /// The folder with one folder for each release.
  package static let releases = "/etc/deploy/releases"

  package let relative: String

  private init(_ relative: String) { self.relative = relative }

  private init(_ part: ReleasePart, _ name: String) { relative = part.prefix + name }

  /// What the host's own nginx includes in its `http` block.
  package static let main = ReleasePath("nginx/deploy.conf")
  /// Names the release; written when the release gets its number.
  package static let marker = ReleasePath("nginx/release.conf")
  /// The CA generations that the host accepts.
  package static let trustBundle = ReleasePath(.tls, "ca.crt")
  /// What these generations have revoked, a list for each.
  package static let revocationLists = ReleasePath(.tls, "revoked.crl")

  package static func configuration(of domain: DomainName, as role: Role) -> ReleasePath {
    ReleasePath(.sites(of: role), "\(domain).conf")
  }

  /// A copy of the user's own configuration.
  package static func snippet(of domain: DomainName, as role: Role) -> ReleasePath {
    ReleasePath(.snippets, "\(role.rawValue)/\(domain).conf")
  }

  /// The host's own certificate: a front-end's for clients, a back-end's for servers.
  package static func certificate(for role: Role) -> ReleasePath {
    ReleasePath(.tls, "\(role.rawValue).crt")
  }

  package static func key(for role: Role) -> ReleasePath {
    ReleasePath(.tls, "\(role.rawValue).key")
  }

  /// The certificate that visitors of a site see.
  package static func publicCertificate(of domain: DomainName) -> ReleasePath {
    ReleasePath(.siteCertificates, "\(domain).crt")
  }

  package static func publicKey(of domain: DomainName) -> ReleasePath {
    ReleasePath(.siteCertificates, "\(domain).key")
  }

  /// Whose connections are taken for a visitor's own, for sites behind a content network.
  package static func realAddress(of network: KnownNetwork) -> ReleasePath {
    ReleasePath(.realAddresses, "\(network.rawValue).conf")
  }

  package static func realAddress(of domain: DomainName) -> ReleasePath {
    ReleasePath(.realAddresses, "\(domain).conf")
  }

  /// The CA of the content network that may ask the front-ends for a site.
  package static func originPullCA(of domain: DomainName) -> ReleasePath {
    ReleasePath(.originPulls, "\(domain).crt")
  }

  /// The issuers by which stapled answers are verified.
  package static func staplingChain(of domain: DomainName) -> ReleasePath {
    ReleasePath(.staplingChains, "\(domain).crt")
  }

  /// The file that the nginx serving a release holds open, on the host.
  package static func served(byRelease number: Int) -> String {
    "\(releases)/\(number)/nginx/served"
  }

  /// Where the file is found through the link to the release that the host serves.
  package var installed: String { "\(Self.currentRelease)/\(relative)" }

  package var description: String { relative }

  package static func < (left: ReleasePath, right: ReleasePath) -> Bool {
    left.relative < right.relative
  }
}
