package import Fleet
package import State

/// A certificate that is issued when the plan is carried out.
package struct PlannedCertificate: Hashable, Sendable {
  /// The extended key usage of the certificate.
  package enum Purpose: String, Hashable, Sendable {
    /// Presented by a server: serverAuth (RFC 5280, 4.2.1.12).
    case server
    /// Presented by a front-end to its back-ends: clientAuth.
    case client
  }

  /// Where the certificate goes, below the release's folder.
  package var path: String
  package var keyPath: String
  package var purpose: Purpose
  package var commonName: String
  /// The DNS names of the subject alternative name, sorted.
  package var names: [String]
  /// The kind of key, as the inventory writes it.
  package var key: String
  /// The lifetime in seconds.
  package var validFor: Int64
  /// Why it is issued, for messages.
  package var reason: String
  /// The certificate that it replaces.
  package var replaced: PresentCertificate?

  package init(
    path: String, keyPath: String, purpose: Purpose, commonName: String, names: [String],
    key: String, validFor: Int64, reason: String, replaced: PresentCertificate? = nil
  ) {
    self.path = path
    self.keyPath = keyPath
    self.purpose = purpose
    self.commonName = commonName
    self.names = names
    self.key = key
    self.validFor = validFor
    self.reason = reason
    self.replaced = replaced
  }
}

extension PlannedCertificate {
  /// When it expires if it is issued now: never later than its CA.
  package func end(from now: Timestamp, signedBy ca: CAGeneration?) -> Timestamp {
    let end = now.adding(seconds: validFor)
    return min(end, ca?.notAfter ?? end)
  }
}

/// A certificate that a host must have: kept as it is, or issued.
enum NeededCertificate: Hashable, Sendable {
  /// - Parameters:
  ///   - path: where the certificate is, below the release's folder.
  ///   - keyPath: where its key is.
  case kept(path: String, keyPath: String, PresentCertificate)
  case issued(PlannedCertificate)

  var path: String {
    switch self {
    case .kept(let path, _, _): path
    case .issued(let certificate): certificate.path
    }
  }

  /// The certificate to issue; nil if the host keeps the one that it has.
  var planned: PlannedCertificate? {
    switch self {
    case .kept: nil
    case .issued(let certificate): certificate
    }
  }
}
