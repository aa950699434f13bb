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
  package var host: String?
  package var revokedAt: Timestamp
  package var reason: Reason
  /// When the certificate ends by itself; from then on nothing needs to refuse it.
  package var notAfter: Timestamp

  package init(
    serial: String, issuerKeyIdentifier: String, host: String?, revokedAt: Timestamp,
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
    of host: String, at now: Timestamp, reason: Revocation.Reason
  ) {
    for record in issued(to: host, at: now) {
      revoke(record.certificate, of: host, at: now, reason: reason)
    }
  }

  package mutating func revoke(
    _ certificate: CertificateRecord, of host: String?, at now: Timestamp,
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

extension AuthorityRecord {
  /// What a generation of the authority is to be in the end.
  package enum Status: String, Hashable, Sendable, Codable {
    /// Trusted, and what issues certificates.
    case signing
    /// Trusted, and issues nothing any more.
    case trusted
    /// To be trusted by no host in the end; until then it is known, for some hosts may still need it.
    case retiring
  }
}

// What few hosts have stands in no other's record.
extension KeyedEncodingContainer {
  mutating func encode(_ value: [RetiredAuthority], forKey key: Key) throws {
    try encodeIfPresent(value.isEmpty ? nil : value, forKey: key)
  }

  mutating func encode(_ value: [FleetKey], forKey key: Key) throws {
    try encodeIfPresent(value.isEmpty ? nil : value, forKey: key)
  }

  mutating func encode(_ value: [String: InstalledManifests], forKey key: Key) throws {
    try encodeIfPresent(value.isEmpty ? nil : value, forKey: key)
  }

  mutating func encode(_ value: [EdgeFacts.Publication], forKey key: Key) throws {
    try encodeIfPresent(value.isEmpty ? nil : value, forKey: key)
  }
}

// States that were written before these fields have none of them. A synthesized `init(from:)` takes
// these methods in place of the general one.
extension KeyedDecodingContainer {
  func decode(_ type: [IssuanceRecord].Type, forKey key: Key) throws -> [IssuanceRecord] {
    try decodeIfPresent(type, forKey: key) ?? []
  }

  func decode(_ type: [Revocation].Type, forKey key: Key) throws -> [Revocation] {
    try decodeIfPresent(type, forKey: key) ?? []
  }

  func decode(_ type: [RetiredAuthority].Type, forKey key: Key) throws -> [RetiredAuthority] {
    try decodeIfPresent(type, forKey: key) ?? []
  }

  func decode(_ type: [FleetKey].Type, forKey key: Key) throws -> [FleetKey] {
    try decodeIfPresent(type, forKey: key) ?? []
  }

  func decode(
    _ type: [String: InstalledManifests].Type, forKey key: Key
  ) throws -> [String: InstalledManifests] {
    try decodeIfPresent(type, forKey: key) ?? [:]
  }

  func decode(_ type: EdgeFacts.Type, forKey key: Key) throws -> EdgeFacts {
    try decodeIfPresent(type, forKey: key) ?? EdgeFacts()
  }

  func decode(
    _ type: [EdgeFacts.Publication].Type, forKey key: Key
  ) throws -> [EdgeFacts.Publication] {
    try decodeIfPresent(type, forKey: key) ?? []
  }

  func decode(
    _ type: AuthorityRecord.Status.Type, forKey key: Key
  ) throws -> AuthorityRecord.Status {
    try decodeIfPresent(type, forKey: key) ?? .signing
  }
}
