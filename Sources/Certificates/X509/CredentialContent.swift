internal import COpenSSL

/// What a file that is named as a certificate or key contains, by its bytes alone.
package enum CredentialContent: Hashable, Sendable {
  case certificates
  case certificatesAndKey
  case key
  case request
  /// A container of certificates (RFC 2315), such as a `.p7b`.
  case pkcs7
  case derCertificate
  case derKey
  case derRequest
  case derPKCS7
  /// Certificates and their key, encrypted (RFC 7292), such as a `.pfx`.
  case pkcs12
  case publicKey
  /// A CRL (RFC 5280, 5).
  case revocationList
  /// Parameters of Diffie-Hellman or of a curve, without a key.
  case parameters
  /// A page of a web server instead of the file that it should send.
  case webPage
  /// Nothing but white space.
  case empty
  /// Anything else, damaged or not.
  case other

  package init(of bytes: [UInt8]) {
    self = Self.ofPEM(bytes) ?? Self.ofDER(bytes) ?? Self.ofText(bytes)
  }

  /// Nil if the bytes contain no PEM block.
  private static func ofPEM(_ bytes: [UInt8]) -> CredentialContent? {
    let start = Array("-----BEGIN ".utf8)
    let byteOrderMark = Array("\u{FEFF}".utf8)
    let text = bytes.starts(with: byteOrderMark) ? bytes.dropFirst(3) : bytes[...]
    let labels = Set(
      text.split(whereSeparator: { $0 == UInt8(ascii: "\n") || $0 == UInt8(ascii: "\r") })
        .filter { $0.starts(with: start) }
        .map { line in
          String(
            decoding: line.dropFirst(start.count).prefix { $0 != UInt8(ascii: "-") },
            as: UTF8.self)
        })
    guard !labels.isEmpty else { return nil }
    let hasKey = labels.contains { $0.hasSuffix("PRIVATE KEY") }
    let hasCertificate = labels.contains { certificateLabels.contains($0) }
    switch (hasCertificate, hasKey) {
    case (true, true): return .certificatesAndKey
    case (true, false): return .certificates
    case (false, true): return .key
    case (false, false):
      if !labels.isDisjoint(with: ["PKCS7", "PKCS #7 SIGNED DATA", "CMS"]) { return .pkcs7 }
      if labels.contains(where: { $0.hasSuffix("CERTIFICATE REQUEST") }) { return .request }
      if labels.contains(where: { $0.hasSuffix("PUBLIC KEY") }) { return .publicKey }
      if labels.contains("X509 CRL") { return .revocationList }
      return labels.allSatisfy { $0.hasSuffix("PARAMETERS") } ? .parameters : .other
    }
  }

  private static func ofText(_ bytes: [UInt8]) -> CredentialContent {
    let space = Array(" \t\r\n".utf8)
    return switch bytes.first(where: { !space.contains($0) }) {
    case nil: .empty
    case UInt8(ascii: "<"): .webPage
    default: .other
    }
  }

  /// As OpenSSL reads them.
  private static let certificateLabels = [
    "CERTIFICATE", "X509 CERTIFICATE", "TRUSTED CERTIFICATE",
  ]

  private static func ofDER(_ bytes: [UInt8]) -> CredentialContent? {
    // An unsuccessful attempt leaves errors in the queue.
    defer { ERR_clear_error() }
    let count = bytes.count
    // A SEQUENCE (X.690, 8.9).
    guard bytes.first == 0x30 else { return nil }
    return bytes.withUnsafeBufferPointer { buffer -> CredentialContent? in
      var start = buffer.baseAddress
      if let found = d2i_X509(nil, &start, count) {
        X509_free(found)
        return .derCertificate
      }
      start = buffer.baseAddress
      if let found = d2i_PKCS12(nil, &start, count) {
        PKCS12_free(found)
        return .pkcs12
      }
      start = buffer.baseAddress
      if let found = d2i_PKCS7(nil, &start, count) {
        PKCS7_free(found)
        return .derPKCS7
      }
      start = buffer.baseAddress
      if let found = d2i_X509_REQ(nil, &start, count) {
        X509_REQ_free(found)
        return .derRequest
      }
      start = buffer.baseAddress
      if let found = d2i_AutoPrivateKey(nil, &start, count) {
        EVP_PKEY_free(found)
        return .derKey
      }
      return nil
    }
  }
}
