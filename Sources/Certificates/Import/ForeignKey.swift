internal import COpenSSL

/// The private key of a CA that another program created.
///
/// In PEM form: PKCS#8 (RFC 5958), PKCS#1 (RFC 8017) or SEC1 (RFC 5915); not encrypted, or encrypted with
/// PBES2 or PBES1 (RFC 8018) or in OpenSSL's first form, whose header is `DEK-Info` (RFC 1421).
package struct ForeignKey: Sendable {
  let key: PrivateKey
  /// How errors name the key, such as its path.
  let name: String

  /// - Parameters:
  ///   - passphrase: nil if the key is not encrypted.
  ///   - name: how errors name the key, such as its path.
  package init(
    pem: Secret, passphrase: Secret?, named name: String
  ) throws(CertificateError) {
    self.name = name
    let operation = Operation("read", name)
    if let key = try Self.read(pem, passphrase, operation) {
      self.key = key
      return
    }
    let failure = operation.failure(.wrongPassphrase, Self.wrong)
    guard passphrase != nil else {
      throw CertificateError(
        code: .damagedKey, action: failure.action, object: failure.object,
        reason: "the text is not a private key in PEM form, or it is damaged", verification: nil,
        libraryMessages: failure.libraryMessages)
    }
    // DES, RC2 and RC4, with which old programs encrypted keys, are in a module of their own since OpenSSL 3.
    guard let provider = OSSL_PROVIDER_try_load(nil, "legacy", 1) else {
      ERR_clear_error()
      throw failure.libraryMessages.contains(where: { $0.contains("unsupported") })
        ? CertificateError(
          code: .damagedKey, action: failure.action, object: failure.object,
          reason:
            "its encryption is so old that OpenSSL needs its legacy provider, which is not installed:"
            + " install it (Debian 13: openssl-provider-legacy), or encrypt the key again with a current"
            + " scheme", verification: nil, libraryMessages: failure.libraryMessages)
        : failure
    }
    defer { OSSL_PROVIDER_unload(provider) }
    let again = Operation("read", name)
    guard let key = try Self.read(pem, passphrase, again) else {
      throw again.failure(.wrongPassphrase, Self.wrong)
    }
    self.key = key
  }

  private static let wrong = "the passphrase is wrong, or the file is damaged"

  /// What OpenSSL's question for a passphrase is answered with.
  private struct Answer {
    var passphrase: UnsafeRawBufferPointer
  }

  private static func read(
    _ pem: Secret, _ passphrase: Secret?, _ operation: Operation
  ) throws(CertificateError) -> PrivateKey? {
    let buffer = try MemoryBuffer.copying(pem, for: operation)
    let passphrase = passphrase ?? Secret(copying: [])
    let pointer = passphrase.withUnsafeBytes { bytes in
      var answer = Answer(passphrase: bytes)
      // Without this callback OpenSSL would ask on the terminal.
      return PEM_read_bio_PrivateKey(
        buffer.pointer, nil,
        { room, size, _, context in
          guard let room,
            let bytes = context?.assumingMemoryBound(to: Answer.self).pointee.passphrase,
            let start = bytes.baseAddress, !bytes.isEmpty, bytes.count <= Int(size)
          else { return -1 }
          UnsafeMutableRawPointer(room).copyMemory(from: start, byteCount: bytes.count)
          return Int32(bytes.count)
        }, &answer)
    }
    return pointer.map { PrivateKey(adopting: $0) }
  }
}

extension PrivateKey {
  /// Whether CAs with keys of this kind can sign for nginx: RSA, elliptic curves, Ed25519 and Ed448.
  var isOfUsualKind: Bool {
    [EVP_PKEY_RSA, EVP_PKEY_EC, EVP_PKEY_ED25519, EVP_PKEY_ED448].contains(
      EVP_PKEY_get_base_id(pointer))
  }
}
