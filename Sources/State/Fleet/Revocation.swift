package import Fleet

/// A certificate that is not to be accepted any more, though it has not ended.
package struct Revocation: Hashable, Sendable, Codable {
  /// RFC 5280, 5.3.1, in words.
  package enum Reason: String, Hashable, Sendable, Codable, CaseIterable {
    case unspecified
    case keyCompromise = "key-compromise"
    case superseded
    case cessationOfOperation = "cessation-of-operation"
  }

  /// Lower-case hex.
  package var serial: String
  /// The issuer's subject key identifier in lower-case hex.
  package var issuerKeyIdentifier: String
  /// Nil where the serial alone is known.
  package var host: HostName?
  package var revokedAt: Timestamp
  package var reason: Reason
  /// When the certificate ends by itself; from then on nothing needs to refuse it.
  package var notAfter: Timestamp

  package init(
    serial: String, issuerKeyIdentifier: String, host: HostName?, revokedAt: Timestamp,
    reason: Reason, notAfter: Timestamp
  ) {
    self.serial = serial
    self.issuerKeyIdentifier = issuerKeyIdentifier
    self.host = host
    self.revokedAt = revokedAt
    self.reason = reason
    self.notAfter = notAfter
  }
}

extension FleetState {
  /// Adds a revocation; one of the same certificate is replaced.
  package mutating func revoke(_ revocation: Revocation) {
    revocations.removeAll { $0.isOfSame(certificateAs: revocation) }
    revocations.append(revocation)
    revocations.sort { ($0.issuerKeyIdentifier, $0.serial) < ($1.issuerKeyIdentifier, $1.serial) }
  }

  /// Takes in what somebody else has revoked; what is revoked here already stays as it is.
  package mutating func learn(_ others: [Revocation]) {
    for other in others
    where !revocations.contains(where: { $0.isOfSame(certificateAs: other) }) {
      revoke(other)
    }
  }
}

extension Revocation {
  fileprivate func isOfSame(certificateAs other: Revocation) -> Bool {
    serial == other.serial && issuerKeyIdentifier == other.issuerKeyIdentifier
  }
}

extension FleetState {
  /// Revokes every certificate that was ever issued to a host and has not expired; what is revoked already
  /// for the same reason stays as it is.
  package mutating func revokeCertificates(
    of host: HostName, at now: Timestamp, reason: Revocation.Reason
  ) {
    for record in issued(to: host, at: now) {
      revoke(record.certificate, of: host, at: now, reason: reason)
    }
  }

  package mutating func revoke(
    _ certificate: CertificateRecord, of host: HostName?, at now: Timestamp,
    reason: Revocation.Reason
  ) {
    if revocation(of: certificate)?.reason == reason { return }
    revoke(
      Revocation(
        serial: certificate.serial, issuerKeyIdentifier: certificate.issuerKeyIdentifier,
        host: host, revokedAt: now, reason: reason, notAfter: certificate.notAfter))
  }

  package func revocation(of certificate: CertificateRecord) -> Revocation? {
    revocations.first {
      $0.serial == certificate.serial
        && $0.issuerKeyIdentifier == certificate.issuerKeyIdentifier
    }
  }
}
