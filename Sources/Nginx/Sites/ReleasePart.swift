package import Fleet

/// Files of a release that belong together, known by how their paths begin.
package struct ReleasePart: Hashable, Sendable {
  /// What the paths of its files begin with, below the release's folder.
  package let prefix: String

  private init(_ prefix: String) { self.prefix = prefix }

  /// All that nginx reads but certificates, keys and lists.
  package static let configuration = ReleasePart("nginx/")
  /// Certificates, keys and revocation lists.
  package static let tls = ReleasePart("tls/")
  /// The certificates and keys that visitors of sites meet.
  package static let siteCertificates = ReleasePart("tls/sites/")
  /// The CAs of content networks that may ask the front-ends.
  package static let originPulls = ReleasePart("tls/origin-pulls/")
  /// The issuers by which stapled answers are verified.
  package static let staplingChains = ReleasePart("tls/stapling/")
  /// Whose connections are taken for a visitor's own.
  package static let realAddresses = ReleasePart("nginx/real-address/")
  /// What visitors of sites in maintenance get.
  package static let maintenancePages = ReleasePart("nginx/maintenance/")
  /// Copies of the user's own configuration.
  package static let snippets = ReleasePart("nginx/snippets/")
  /// Rulesets and kernel settings, in the release's folder itself.
  package static let firewall = ReleasePart("firewall.")

  /// The configurations of the sites that a role has.
  package static func sites(of role: Role) -> ReleasePart {
    ReleasePart("nginx/\(role.rawValue)/")
  }

  package func contains(_ path: String) -> Bool { path.hasPrefix(prefix) }

  /// The sites that a release has files of, by the files' names: releases of version 0.1.0 recorded nothing
  /// else of their sites.
  ///
  /// - Parameter paths: of this part, each named by a domain and an ending.
  package func domains(of paths: [String]) -> [DomainName] {
    paths.compactMap { path in
      path.lastIndex(of: ".").flatMap { DomainName(String(path[..<$0].dropFirst(prefix.count))) }
    }
  }
}
