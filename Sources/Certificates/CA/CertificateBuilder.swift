internal import COpenSSL

/// A certificate that is being made (RFC 5280): it is used only after it is signed and read back.
struct CertificateBuilder: ~Copyable {
  private let pointer: OpaquePointer
  private let operation: Operation

  private init(adopting pointer: OpaquePointer, _ operation: Operation) {
    self.pointer = pointer
    self.operation = operation
  }

  deinit { X509_free(pointer) }

  static func start(
    key: PrivateKey, for operation: Operation
  ) throws(CertificateError) -> CertificateBuilder {
    let builder = CertificateBuilder(adopting: try operation.require(X509_new()), operation)
    let version3 = 2
    try operation.require(X509_set_version(builder.pointer, version3) == 1)
    try operation.require(X509_set_pubkey(builder.pointer, key.pointer) == 1)
    return builder
  }

  /// 126 random bits in 16 bytes, always positive and of the same length.
  /// - Parameter lowestBit: 0 or 1, or nil for a random one.
  borrowing func setRandomSerial(lowestBit: UInt8?) throws(CertificateError) {
    var bytes = [UInt8](repeating: 0, count: 16)
    try operation.require(RAND_bytes(&bytes, Int32(bytes.count)) == 1)
    bytes[0] = bytes[0] & 0x7F | 0x40
    if let lowestBit { bytes[15] = bytes[15] & 0xFE | lowestBit }
    let number = try operation.require(BN_bin2bn(bytes, Int32(bytes.count), nil))
    defer { BN_free(number) }
    try operation.require(
      BN_to_ASN1_INTEGER(number, X509_get_serialNumber(pointer)) != nil)
  }

  /// In seconds since 1970.
  borrowing func setValidity(
    notBefore: Int64, notAfter: Int64
  ) throws(CertificateError) {
    try operation.require(
      ASN1_TIME_set(X509_getm_notBefore(pointer), Int(notBefore)) != nil
        && ASN1_TIME_set(X509_getm_notAfter(pointer), Int(notAfter)) != nil)
  }

  /// Each field by its NID; nil values are left out.
  borrowing func setSubject(_ fields: [(Int32, String?)]) throws(CertificateError) {
    let name = X509_get_subject_name(pointer)
    for case (let field, let value?) in fields {
      try operation.require(
        X509_NAME_add_entry_by_NID(name, field, MBSTRING_UTF8, value, -1, -1, 0) == 1)
    }
  }

  /// Copies another certificate's subject, byte for byte, and its extensions, except the key
  /// identifier of its issuer: that may contain the serial of the certificate itself.
  borrowing func copySubjectAndExtensions(of other: Certificate) throws(CertificateError) {
    defer { withExtendedLifetime(other) {} }
    try operation.require(
      X509_set_subject_name(pointer, X509_get_subject_name(other.pointer)) == 1)
    for index in 0..<X509_get_ext_count(other.pointer) {
      let found = X509_get_ext(other.pointer, index)
      guard OBJ_obj2nid(X509_EXTENSION_get_object(found)) != NID_authority_key_identifier else {
        continue
      }
      try operation.require(X509_add_ext(pointer, found, -1) == 1)
    }
  }

  /// - Parameter issuer: nil for a self-signed certificate; its subject is set then.
  borrowing func setIssuer(_ issuer: Certificate?) throws(CertificateError) {
    let name = X509_get_subject_name(issuer?.pointer ?? pointer)
    try operation.require(X509_set_issuer_name(pointer, name) == 1)
  }

  /// - Parameter value: in the syntax of openssl's x509v3_config(5). Only texts of this module are
  ///   allowed here, because commas and colons in it are syntax.
  borrowing func addExtension(
    _ kind: Int32, _ value: StaticString, issuer: Certificate? = nil
  ) throws(CertificateError) {
    try addExtension(kind, value.description, issuer: issuer)
  }

  borrowing func addExtendedKeyUsage(of role: CertificateRole) throws(CertificateError) {
    try addExtension(NID_ext_key_usage, role.extendedKeyUsage, issuer: nil)
  }

  private borrowing func addExtension(
    _ kind: Int32, _ value: String, issuer: Certificate?
  ) throws(CertificateError) {
    var context = X509V3_CTX()
    X509V3_set_ctx(&context, issuer?.pointer ?? pointer, pointer, nil, nil, 0)
    let made = try operation.require(X509V3_EXT_nconf_nid(nil, &context, kind, value))
    defer { X509_EXTENSION_free(made) }
    try operation.require(X509_add_ext(pointer, made, -1) == 1)
  }

  borrowing func addAlternativeNames(_ dnsNames: [String]) throws(CertificateError) {
    let names = try AlternativeNames.make(dnsNames, for: operation)
    let isAdded = X509_add1_ext_i2d(
      pointer, NID_subject_alt_name, UnsafeMutableRawPointer(names.pointer), 0,
      UInt(X509V3_ADD_DEFAULT))
    try operation.require(isAdded == 1)
  }

  /// Signs, encodes and reads back, so that the returned facts are what a verifier sees.
  consuming func sign(
    with key: PrivateKey
  ) throws(CertificateError) -> (certificate: Certificate, pem: String) {
    try operation.require(X509_sign(pointer, key.pointer, key.signatureDigest) > 0)
    let pem = try Certificate.pem(of: pointer)
    return (try Certificate.read(pem, named: operation.object), pem)
  }
}
