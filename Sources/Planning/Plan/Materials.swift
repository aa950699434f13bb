package import Fleet
package import Inventories

/// The content of the files that the inventory names. Read by the controller before planning.
package struct Materials: Hashable, Sendable {
  /// A certificate that the user provides for a site or that was ordered for it, with a digest of its key instead of the key.
  package struct SiteCertificate: Hashable, Sendable {
    /// The chain, leaf first, as PEM.
    package var certificate: String
    /// SHA-256 of the key file, in lower-case hex; nil if the key was not read, as for offline plans.
    package var keyDigest: String?
    package var notAfter: Timestamp
    /// Whether it names an OCSP responder, without which there is nothing to staple.
    package var namesResponder: Bool
    /// What visitors' programs refuse in it, as messages with the place in the inventory.
    package var warnings: [String]
    /// Those of the warnings for which no visitor could use the certificate.
    package var faults: [String] = []
    /// Nil for files of the user.
    package var ordered: OrderedCertificate?

    package init(
      certificate: String, keyDigest: String?, notAfter: Timestamp, namesResponder: Bool = false,
      warnings: [String] = [], ordered: OrderedCertificate? = nil
    ) {
      self.certificate = certificate
      self.keyDigest = keyDigest
      self.notAfter = notAfter
      self.namesResponder = namesResponder
      self.warnings = warnings
      self.ordered = ordered
    }
  }

  package var snippets: [LocalPath: String]
  /// Files of the user, and what was ordered so far.
  package var siteCertificates: [DomainName: SiteCertificate]
  /// What was ordered for sites whose certificates are no longer ordered, also for those that are no longer declared.
  package var formerOrders: [DomainName: SiteCertificate] = [:]
  /// Why files of a site could not be read, for a renewal, which brings none of them: what needs them keeps the file of the
  /// host.
  package var unread: [DomainName: [String]] = [:]
  /// The thumbprints of the ACME accounts' keys; an account without one has no key yet.
  package var thumbprints: [ACMEAccountName: AccountThumbprint] = [:]
  /// The certificates of foreign CAs, as PEM.
  package var issuers: [LocalPath: String]
  /// The lists of the fleet's CA, by key identifier: one of every CA generation or none at all, because
  /// nginx refuses every client of a CA that it has no list of.
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

  /// The revocation list of a CA generation.
  package struct RevocationList: Hashable, Sendable {
    package var pem: String
    package var serials: Set<String>
    /// The list of the CA that issued the CA's certificate, if there is one.
    package var above: String?

    package init(pem: String, serials: Set<String>, above: String? = nil) {
      self.pem = pem
      self.serials = serials
      self.above = above
    }
  }

  /// The serials that a host that trusts these CA generations refuses; nil if nothing was ever revoked.
  func refusals(trusting trusts: Set<String>) -> Set<String>? {
    revocationLists.isEmpty
      ? nil : Set(trusts.flatMap { revocationLists[$0]?.serials ?? [] })
  }
}
