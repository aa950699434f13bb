internal import COpenSSL
internal import Hashing

/// Why a certificate was revoked (RFC 5280, 5.3.1).
package enum RevocationReason: Int, Hashable, Sendable, CaseIterable {
  case unspecified = 0
  case keyCompromise = 1
  case superseded = 4
  case cessationOfOperation = 5
}

/// A certificate that must no longer be accepted.
package struct RevokedCertificate: Hashable, Sendable {
  /// Hexadecimal digits, two a byte.
  package var serial: String
  /// Seconds since 1970.
  package var revokedAt: Int64
  package var reason: RevocationReason

  package init(serial: String, revokedAt: Int64, reason: RevocationReason) {
    self.serial = serial
    self.revokedAt = revokedAt
    self.reason = reason
  }
}

/// The list of a CA's revoked certificates, read from its PEM text (RFC 5280, 5).
package struct RevocationList: Hashable, Sendable {
  package let pem: String
  /// Increases from one list of a CA to the next.
  package let number: Int64
  /// Seconds since 1970.
  package let thisUpdate: Int64
  /// Seconds since 1970. From then on nginx refuses every certificate of the CA.
  package let nextUpdate: Int64
  /// Whether it has only the changes since an earlier list (RFC 5280, 5.2.4). nginx takes it for a complete one.
  package let isDelta: Bool
  /// Sorted by serial.
  package let revoked: [RevokedCertificate]

  /// Reads a list and checks that the CA signed it.
  /// - Parameters:
  ///   - name: how errors name the list, such as its path.
  ///   - isForeign: whether another program may have made it: it may lack a number, or have one that is
  ///     too large, and its number is then 0.
  package init(
    pem: String, signedBy caPEM: String, named name: String, isForeign: Bool = false
  ) throws(CertificateError) {
    // The CA's own certificate is the first.
    let ca = try Certificate.readAll(
      caPEM, named: "the CA's certificate")[0]
    let operation = Operation("read", name)
    let buffer = try MemoryBuffer.copying(pem, for: operation)
    let pointer = try operation.require(
      PEM_read_bio_X509_CRL(buffer.pointer, nil, { _, _, _, _ in -1 }, nil),
      .damagedRevocationList, "the text is not a revocation list, or it is damaged")
    defer { X509_CRL_free(pointer) }
    try operation.require(
      X509_CRL_verify(pointer, X509_get0_pubkey(ca.pointer)) == 1, .damagedRevocationList,
      "it is not signed by its CA")
    withExtendedLifetime(ca) {}
    self.pem = pem
    isDelta = X509_CRL_get_ext_by_NID(pointer, NID_delta_crl, -1) >= 0
    if isForeign {
      number = (try? Self.number(of: pointer, operation)) ?? 0
      try operation.require(
        X509_CRL_get0_nextUpdate(pointer) != nil, .damagedRevocationList,
        "it does not say when the next list is due (nextUpdate)")
    } else {
      number = try Self.number(of: pointer, operation)
    }
    thisUpdate = try ASN1Time.seconds(of: X509_CRL_get0_lastUpdate(pointer), for: operation)
    nextUpdate = try ASN1Time.seconds(of: X509_CRL_get0_nextUpdate(pointer), for: operation)
    revoked = try Self.entries(of: pointer, operation).sorted { $0.serial < $1.serial }
  }

  private static func number(
    of list: OpaquePointer, _ operation: Operation
  ) throws(CertificateError) -> Int64 {
    let found = try operation.require(
      X509_CRL_get_ext_d2i(list, NID_crl_number, nil, nil), .damagedRevocationList,
      "it has no number")
    let integer = found.assumingMemoryBound(to: ASN1_INTEGER.self)
    defer { ASN1_INTEGER_free(integer) }
    var number: Int64 = 0
    try operation.require(
      ASN1_INTEGER_get_int64(&number, integer) == 1, .damagedRevocationList,
      "its number was not made by this program")
    return number
  }

  private static func entries(
    of list: OpaquePointer, _ operation: Operation
  ) throws(CertificateError) -> [RevokedCertificate] {
    let entries = X509_CRL_get_REVOKED(list)
    var revoked: [RevokedCertificate] = []
    for index in 0..<max(0, COpenSSL_sk_X509_REVOKED_num(entries)) {
      let entry = COpenSSL_sk_X509_REVOKED_value(entries, index)
      let serial = X509_REVOKED_get0_serialNumber(entry)
      let bytes = UnsafeBufferPointer(
        start: ASN1_STRING_get0_data(serial), count: Int(ASN1_STRING_length(serial)))
      var reason = RevocationReason.unspecified
      if let found = X509_REVOKED_get_ext_d2i(entry, NID_crl_reason, nil, nil) {
        let value = found.assumingMemoryBound(to: ASN1_ENUMERATED.self)
        defer { ASN1_ENUMERATED_free(value) }
        reason = RevocationReason(rawValue: ASN1_ENUMERATED_get(value)) ?? .unspecified
      }
      revoked.append(
        RevokedCertificate(
          serial: hexadecimal(bytes),
          revokedAt: try ASN1Time.seconds(
            of: X509_REVOKED_get0_revocationDate(entry), for: operation),
          reason: reason))
    }
    return revoked
  }
}

extension CertificateAuthority {
  /// Signs the list of the certificates that this CA has revoked; it may be empty.
  ///
  /// The list is valid as long as the CA: nginx refuses every certificate of a CA whose
  /// list has expired. Its number is the time, which increases from one list to the next without being
  /// stored. It starts an hour early, for hosts whose clocks are late.
  ///
  /// - Parameter now: seconds since 1970.
  package func revocationList(
    of revoked: [RevokedCertificate], now: Int64
  ) throws(CertificateError) -> RevocationList {
    let operation = Operation(
      "sign", "the revocation list of \(facts.commonName.debugDescription)")
    try operation.require(
      now < facts.notAfter, .expired,
      "the CA has expired, and so have all certificates that it signed")
    let thisUpdate = try Validity(now: now, validFor: 1, for: operation).notBefore
    let builder = try RevocationListBuilder.start(
      issuer: certificate, thisUpdate: thisUpdate, nextUpdate: facts.notAfter, for: operation)
    for entry in revoked.sorted(by: { $0.serial < $1.serial }) { try builder.add(entry) }
    try builder.setNumber(now)
    return try RevocationList(
      pem: try builder.sign(with: key), signedBy: try certificate.pem(), named: operation.object)
  }
}
