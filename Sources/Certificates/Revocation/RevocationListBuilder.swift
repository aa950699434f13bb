internal import COpenSSL

/// A revocation list that is being made (RFC 5280, 5): it is used only after it is signed.
struct RevocationListBuilder: ~Copyable {
  private let pointer: OpaquePointer
  private let issuer: Certificate
  private let operation: Operation

  private init(adopting pointer: OpaquePointer, issuer: Certificate, _ operation: Operation) {
    self.pointer = pointer
    self.issuer = issuer
    self.operation = operation
  }

  deinit { X509_CRL_free(pointer) }

  /// - Parameters:
  ///   - thisUpdate: seconds since 1970.
  ///   - nextUpdate: seconds since 1970.
  static func start(
    issuer: Certificate, thisUpdate: Int64, nextUpdate: Int64, for operation: Operation
  ) throws(CertificateError) -> RevocationListBuilder {
    let builder = RevocationListBuilder(
      adopting: try operation.require(X509_CRL_new()), issuer: issuer, operation)
    let version2 = 1
    try operation.require(
      X509_CRL_set_version(builder.pointer, version2) == 1
        && X509_CRL_set_issuer_name(builder.pointer, X509_get_subject_name(issuer.pointer)) == 1)
    try ASN1Time.with(thisUpdate, for: operation) { time throws(CertificateError) in
      try operation.require(X509_CRL_set1_lastUpdate(builder.pointer, time) == 1)
    }
    try ASN1Time.with(nextUpdate, for: operation) { time throws(CertificateError) in
      try operation.require(X509_CRL_set1_nextUpdate(builder.pointer, time) == 1)
    }
    return builder
  }

  borrowing func add(_ revoked: RevokedCertificate) throws(CertificateError) {
    let entry = try operation.require(X509_REVOKED_new())
    do throws(CertificateError) {
      try fill(entry, revoked)
      try operation.require(X509_CRL_add0_revoked(pointer, entry) == 1)
    } catch {
      X509_REVOKED_free(entry)
      throw error
    }
  }

  private borrowing func fill(
    _ entry: OpaquePointer, _ revoked: RevokedCertificate
  ) throws(CertificateError) {
    var number: OpaquePointer?
    let digits = BN_hex2bn(&number, revoked.serial)
    defer { BN_free(number) }
    try operation.require(
      digits > 0 && Int(digits) == revoked.serial.utf8.count && BN_is_negative(number) == 0,
      .requestRefused,
      "\(revoked.serial.debugDescription) is not a serial number in hexadecimal digits")
    let serial = try operation.require(BN_to_ASN1_INTEGER(number, nil))
    defer { ASN1_INTEGER_free(serial) }
    try operation.require(X509_REVOKED_set_serialNumber(entry, serial) == 1)
    try ASN1Time.with(revoked.revokedAt, for: operation) { time throws(CertificateError) in
      try operation.require(X509_REVOKED_set_revocationDate(entry, time) == 1)
    }
    // RFC 5280, 5.3.1: left out rather than unspecified.
    guard revoked.reason != .unspecified else { return }
    let reason = try operation.require(ASN1_ENUMERATED_new())
    defer { ASN1_ENUMERATED_free(reason) }
    try operation.require(
      ASN1_ENUMERATED_set(reason, revoked.reason.rawValue) == 1
        && X509_REVOKED_add1_ext_i2d(
          entry, NID_crl_reason, UnsafeMutableRawPointer(reason), 0, UInt(X509V3_ADD_DEFAULT)) == 1
    )
  }

  borrowing func setNumber(_ number: Int64) throws(CertificateError) {
    let integer = try operation.require(ASN1_INTEGER_new())
    defer { ASN1_INTEGER_free(integer) }
    try operation.require(
      ASN1_INTEGER_set_int64(integer, number) == 1
        && X509_CRL_add1_ext_i2d(
          pointer, NID_crl_number, UnsafeMutableRawPointer(integer), 0, UInt(X509V3_ADD_DEFAULT))
          == 1
    )
  }

  /// Adds the identifier of the signing key, signs, and returns the list as PEM.
  consuming func sign(with key: PrivateKey) throws(CertificateError) -> String {
    var context = X509V3_CTX()
    X509V3_set_ctx(&context, issuer.pointer, nil, nil, pointer, 0)
    let identifier = try operation.require(
      X509V3_EXT_nconf_nid(nil, &context, NID_authority_key_identifier, "keyid:always"))
    defer { X509_EXTENSION_free(identifier) }
    try operation.require(
      X509_CRL_add_ext(pointer, identifier, -1) == 1 && X509_CRL_sort(pointer) == 1
        && X509_CRL_sign(pointer, key.pointer, key.signatureDigest) > 0)
    let buffer = try MemoryBuffer.empty(for: operation)
    try operation.require(PEM_write_bio_X509_CRL(buffer.pointer, pointer) == 1)
    return buffer.text()
  }
}
