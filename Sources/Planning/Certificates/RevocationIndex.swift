import State

/// The revocations of a fleet by certificate: each host asks about each of its certificates.
struct RevocationIndex: Sendable {
  private struct Key: Hashable {
    let serial: String
    let issuer: String
  }

  private let revocations: [Key: Revocation]

  init(_ revocations: [Revocation]) {
    self.revocations = Dictionary(
      revocations.map { (Key(serial: $0.serial, issuer: $0.issuerKeyIdentifier), $0) }
    ) { first, _ in first }
  }

  /// Nil if the certificate is not revoked.
  func revocation(of certificate: CertificateRecord) -> Revocation? {
    revocations.isEmpty
      ? nil
      : revocations[Key(serial: certificate.serial, issuer: certificate.issuerKeyIdentifier)]
  }
}
