internal import COpenSSL

/// An X.509 certificate that was read from its encoding; the only owner of OpenSSL's object.
final class Certificate: Sendable {
  // Safe to share: what was read from its encoding is never changed here, and OpenSSL's objects
  // may be read by several threads at once (openssl-threads(7)); it locks what it caches.
  nonisolated(unsafe) let pointer: OpaquePointer

  init(adopting pointer: OpaquePointer) { self.pointer = pointer }

  deinit { X509_free(pointer) }

  /// Every certificate of the text, in its order; at least one.
  ///
  /// A block that is not a certificate is refused, and not skipped as OpenSSL would: a bundle that
  /// lost a certificate to damage must not pass for a smaller one.
  static func readAll(_ pem: String, named name: String) throws(CertificateError) -> [Certificate] {
    let operation = Operation("read", name)
    let blocks = pem.utf8.split(separator: UInt8(ascii: "\n")).count {
      $0.starts(with: "-----BEGIN".utf8)
    }
    try operation.require(blocks > 0, .damagedCertificate, "the text contains no certificate")
    let buffer = try MemoryBuffer.copying(pem, for: operation)
    var certificates: [Certificate] = []
    for number in 1...blocks {
      // Without this callback OpenSSL would ask for a passphrase on the terminal.
      let pointer = PEM_read_bio_X509(buffer.pointer, nil, { _, _, _, _ in -1 }, nil)
      certificates.append(
        Certificate(
          adopting: try operation.require(
            pointer, .damagedCertificate,
            "block \(number) of \(blocks) is not a certificate, or it is damaged")))
    }
    return certificates
  }

  func der() throws(CertificateError) -> [UInt8] {
    let operation = Operation("encode", "a certificate")
    defer { withExtendedLifetime(self) {} }
    var encoded = [UInt8](repeating: 0, count: Int(max(i2d_X509(pointer, nil), 0)))
    let count = encoded.withUnsafeMutableBufferPointer { buffer in
      var start = buffer.baseAddress
      return i2d_X509(pointer, &start)
    }
    try operation.require(count > 0 && Int(count) == encoded.count)
    return encoded
  }

  static func read(_ pem: String, named name: String) throws(CertificateError) -> Certificate {
    let certificates = try readAll(pem, named: name)
    guard let certificate = certificates.first, certificates.count == 1 else {
      throw Operation("read", name).failure(
        .damagedCertificate, "the text contains \(certificates.count) certificates instead of one")
    }
    return certificate
  }

  /// The encoding without any text around it.
  func pem() throws(CertificateError) -> String {
    try Self.pem(of: pointer)
  }

  static func pem(of pointer: OpaquePointer) throws(CertificateError) -> String {
    let operation = Operation("encode", "a certificate")
    let buffer = try MemoryBuffer.empty(for: operation)
    try operation.require(PEM_write_bio_X509(buffer.pointer, pointer) == 1)
    return buffer.text()
  }

  /// Whether `issuer` signed this certificate, by name, key identifier and signature.
  func isIssued(by issuer: Certificate) -> Bool {
    X509_check_issued(issuer.pointer, pointer) == X509_V_OK
      && X509_verify(pointer, X509_get0_pubkey(issuer.pointer)) == 1
  }

  func matches(_ key: PrivateKey) -> Bool {
    X509_check_private_key(pointer, key.pointer) == 1
  }

  /// Whether the key usages allow a role; a certificate without key usages allows both.
  func serves(_ role: CertificateRole) -> Bool {
    X509_check_purpose(pointer, role.purpose, 0) == 1
  }
}
