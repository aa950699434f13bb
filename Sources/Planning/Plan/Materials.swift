package import Fleet
import Inventories

/// The content of the files that the inventory names.
package struct Materials: Hashable, Sendable {
  /// A site's own certificate: what may be shown of it.
  package struct SiteCertificate: Hashable, Sendable {
    /// The chain, leaf first, as PEM.
    package var certificate: String
    /// SHA-256 of the key file, in lower-case hex.
    package var keyDigest: String
    package var notAfter: Timestamp
    /// Whether it names an OCSP responder, without which there is nothing to staple.
    package var namesResponder: Bool
    /// What visitors need to verify the certificate and its file lacks; nil if nothing is missing.
    package var missing: MissingIssuer?

    package init(
      certificate: String, keyDigest: String, notAfter: Timestamp, namesResponder: Bool = false,
      missing: MissingIssuer? = nil
    ) {
      self.certificate = certificate
      self.keyDigest = keyDigest
      self.notAfter = notAfter
      self.namesResponder = namesResponder
      self.missing = missing
    }
  }

  package var snippets: [LocalPath: String]
  package var siteCertificates: [DomainName: SiteCertificate]
  /// The certificates of CAs that are not the fleet's, as PEM.
  package var issuers: [LocalPath: String]
  /// Those of the fleet's CA, by key identifier: one of every generation, or none at all, for
  /// nginx refuses each client of a CA that it has no list of.
  package var revocationLists: [String: RevocationList]

  package init(
    snippets: [LocalPath: String] = [:], siteCertificates: [DomainName: SiteCertificate] = [:],
    issuers: [LocalPath: String] = [:], revocationLists: [String: RevocationList] = [:]
  ) {
    self.snippets = snippets
    self.siteCertificates = siteCertificates
    self.issuers = issuers
    self.revocationLists = revocationLists
  }

  /// What a generation has revoked.
  package struct RevocationList: Hashable, Sendable {
    package var pem: String
    package var serials: Set<String>
    /// The list of the CA above it, where there is one.
    package var above: String?

    package init(pem: String, serials: Set<String>, above: String? = nil) {
      self.pem = pem
      self.serials = serials
      self.above = above
    }
  }

  /// What a host refuses that trusts these generations; nil where nothing was ever revoked.
  func refusals(trusting trusts: Set<String>) -> Set<String>? {
    revocationLists.isEmpty
      ? nil : Set(trusts.flatMap { revocationLists[$0]?.serials ?? [] })
  }
}
