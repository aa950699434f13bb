package import Fleet

/// The revocation of a certificate that has not expired.
package struct Revocation: Hashable, Sendable, Codable {
  /// Why a certificate was revoked (RFC 5280, 5.3.1).
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
  /// Nil if only the serial is known.
  package var host: HostName?
  package var revokedAt: Timestamp
  package var reason: Reason
  /// When the certificate expires; the revocation is not needed after that.
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

  /// Adds the revocations of another copy of the state; existing ones do not change.
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
  /// Revokes every certificate that was ever issued to a host and has not expired; existing revocations with
  /// the same reason do not change.
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
