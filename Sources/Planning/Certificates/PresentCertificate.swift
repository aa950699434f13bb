package import Fleet
package import State

/// A certificate that a host has when a step begins: it is there, or an earlier step of the run issues it.
package enum PresentCertificate: Hashable, Sendable {
  case there(CertificateRecord)
  case issuedByThisRun(Terms)

  /// What is known of a certificate before it is issued.
  package struct Terms: Hashable, Sendable {
    /// Nil before there is a CA.
    package var issuer: Issuer?
    package var commonName: String
    /// Sorted.
    package var names: [String]
    package var key: String
    package var notBefore: Timestamp
    package var notAfter: Timestamp
  }

  /// The CA that signs a certificate.
  package struct Issuer: Hashable, Sendable {
    package var commonName: String
    /// The subject key identifier in lower-case hex.
    package var keyIdentifier: String
  }

  /// Nil if the certificate is not issued yet.
  package var record: CertificateRecord? {
    switch self {
    case .there(let record): record
    case .issuedByThisRun: nil
    }
  }

  package var terms: Terms {
    switch self {
    case .there(let record): Terms(record)
    case .issuedByThisRun(let terms): terms
    }
  }
}

extension PresentCertificate.Terms {
  init(_ record: CertificateRecord) {
    self.init(
      issuer: .init(commonName: record.issuer, keyIdentifier: record.issuerKeyIdentifier),
      commonName: record.commonName, names: record.names, key: record.key,
      notBefore: record.notBefore, notAfter: record.notAfter)
  }

  /// The terms of a certificate that is issued now.
  init(_ certificate: PlannedCertificate, signedBy ca: CAGeneration?, at now: Timestamp) {
    self.init(
      issuer: ca.map { .init(commonName: $0.commonName, keyIdentifier: $0.keyIdentifier) },
      commonName: certificate.commonName, names: certificate.names, key: certificate.key,
      notBefore: now, notAfter: certificate.end(from: now, signedBy: ca))
  }
}
