internal import COpenSSL
internal import Hashing

/// The contents of a certificate, as plain values.
package struct CertificateFacts: Hashable, Sendable {
  /// Lower-case hexadecimal digits, two a byte.
  package let serial: String
  /// Empty if the subject has no common name.
  package let commonName: String
  package let issuerCommonName: String
  /// The DNS names among the subject's alternative names, in their order.
  package let dnsNames: [String]
  /// Seconds since 1970.
  package let notBefore: Int64
  /// Seconds since 1970. RFC 5280 counts this second as valid, OpenSSL, and so nginx, does not.
  package let notAfter: Int64
  /// SHA-256 of the encoding, lower-case hexadecimal.
  package let fingerprint: String
  package let isCA: Bool
  /// A raw value of `KeyAlgorithm` if it is one of these, else OpenSSL's name of the kind.
  package let keyAlgorithm: String
  /// Lower-case hexadecimal; nil if the certificate has none.
  package let subjectKeyIdentifier: String?
  package let authorityKeyIdentifier: String?
  /// Whether it contains the address of an OCSP responder (RFC 5280, 4.2.2.1).
  package let namesResponder: Bool

  /// Reads a text that contains exactly one certificate.
  /// - Parameter name: how errors name it, such as its path.
  package static func read(
    pem: String, named name: String = "the certificate"
  ) throws(CertificateError) -> CertificateFacts {
    try CertificateFacts(of: Certificate.read(pem, named: name))
  }

  /// Reads a chain or a bundle, in its order.
  /// - Parameter name: how errors name it, such as its path.
  package static func readAll(
    pem: String, named name: String = "the certificates"
  ) throws(CertificateError) -> [CertificateFacts] {
    try CertificateBundle(pem: pem, named: name).facts
  }

  init(of certificate: Certificate) throws(CertificateError) {
    // Swift may free a value after its last use, and it does not see C's uses.
    defer { withExtendedLifetime(certificate) {} }
    let pointer = certificate.pointer
    let operation = Operation("read", "a certificate's fields")
    var digest = [UInt8](repeating: 0, count: 32)
    try operation.require(X509_digest(pointer, EVP_sha256(), &digest, nil) == 1)
    serial = Self.bytes(X509_get0_serialNumber(pointer)).map(hexadecimal) ?? ""
    commonName = Self.commonName(of: X509_get_subject_name(pointer))
    issuerCommonName = Self.commonName(of: X509_get_issuer_name(pointer))
    dnsNames = try Self.dnsNames(of: pointer, for: operation)
    notBefore = try ASN1Time.seconds(of: X509_get0_notBefore(pointer), for: operation)
    notAfter = try ASN1Time.seconds(of: X509_get0_notAfter(pointer), for: operation)
    fingerprint = hexadecimal(digest)
    isCA = X509_check_ca(pointer) == 1
    keyAlgorithm = Self.keyAlgorithm(of: X509_get0_pubkey(pointer))
    subjectKeyIdentifier = Self.bytes(X509_get0_subject_key_id(pointer)).map(hexadecimal)
    authorityKeyIdentifier = Self.bytes(X509_get0_authority_key_id(pointer)).map(hexadecimal)
    let responders = X509_get1_ocsp(pointer)
    defer { X509_email_free(responders) }
    namesResponder = OPENSSL_sk_num(responders) > 0
  }

  private static func bytes(_ string: UnsafePointer<ASN1_STRING>?) -> UnsafeBufferPointer<UInt8>? {
    string.map {
      UnsafeBufferPointer(start: ASN1_STRING_get0_data($0), count: Int(ASN1_STRING_length($0)))
    }
  }

  static func commonName(of name: OpaquePointer?) -> String {
    let index = X509_NAME_get_index_by_NID(name, NID_commonName, -1)
    guard index >= 0, let value = X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, index)) else {
      return ""
    }
    var encoded: UnsafeMutablePointer<UInt8>?
    let count = ASN1_STRING_to_UTF8(&encoded, value)
    defer { CRYPTO_free(encoded, #file, #line) }
    return count < 0 ? "" : printable(UnsafeBufferPointer(start: encoded, count: Int(count)))
  }

  private static func dnsNames(
    of certificate: OpaquePointer, for operation: Operation
  ) throws(CertificateError) -> [String] {
    var status: Int32 = 0
    let found = X509_get_ext_d2i(certificate, NID_subject_alt_name, &status, nil)
    guard let found else {
      try operation.require(
        status == -1, .damagedCertificate, "its alternative names are damaged or present twice")
      return []
    }
    let names = OpaquePointer(found)
    defer { GENERAL_NAMES_free(names) }
    return (0..<COpenSSL_sk_GENERAL_NAME_num(names)).compactMap { index in
      var kind: Int32 = 0
      let name = COpenSSL_sk_GENERAL_NAME_value(names, index)
      guard let value = GENERAL_NAME_get0_value(name, &kind), kind == GEN_DNS else { return nil }
      return bytes(value.assumingMemoryBound(to: ASN1_STRING.self)).map(printable)
    }
  }

  /// Foreign certificates are shown on terminals, so characters that would steer one are replaced.
  private static func printable(_ bytes: UnsafeBufferPointer<UInt8>) -> String {
    String(decoding: bytes, as: UTF8.self).unicodeScalars.reduce(into: "") { text, scalar in
      text.unicodeScalars.append(scalar.isPrintable ? scalar : "\u{FFFD}")
    }
  }

  private static func keyAlgorithm(of key: OpaquePointer?) -> String {
    guard let key else { return "unknown" }
    switch EVP_PKEY_get_base_id(key) {
    case EVP_PKEY_RSA: return "rsa-\(EVP_PKEY_get_bits(key))"
    case EVP_PKEY_ED25519: return KeyAlgorithm.ed25519.rawValue
    case EVP_PKEY_EC:
      var name = [CChar](repeating: 0, count: 64)
      guard EVP_PKEY_get_group_name(key, &name, name.count, nil) == 1 else { return "ecdsa" }
      switch name.withUnsafeBufferPointer({ $0.baseAddress.map { String(cString: $0) } }) {
      case "prime256v1": return KeyAlgorithm.ecdsaP256.rawValue
      case "secp384r1": return KeyAlgorithm.ecdsaP384.rawValue
      case let group: return "ecdsa-\(group ?? "unknown")"
      }
    default: return EVP_PKEY_get0_type_name(key).map { String(cString: $0) } ?? "unknown"
    }
  }
}

extension Unicode.Scalar {
  /// Whether it is not a control or format character, nor a line's end.
  var isPrintable: Bool {
    switch properties.generalCategory {
    case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator,
      .paragraphSeparator:
      false
    default: true
    }
  }
}
