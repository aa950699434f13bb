internal import COpenSSL

/// A private key; the only owner of OpenSSL's object.
final class PrivateKey: Sendable {
  // Safe to share: the key is complete before `init` and never changed afterwards, and OpenSSL's
  // objects may be read by several threads at once (openssl-threads(7)); signing reads.
  nonisolated(unsafe) let pointer: OpaquePointer

  /// The pointer is freed with this object.
  init(adopting pointer: OpaquePointer) { self.pointer = pointer }

  deinit { EVP_PKEY_free(pointer) }

  static func generate(_ algorithm: KeyAlgorithm) throws(CertificateError) -> PrivateKey {
    let operation = Operation("make", "a key of kind \(algorithm.rawValue)")
    let pointer =
      switch algorithm {
      case .ecdsaP256: COpenSSL_EVP_EC_gen("P-256")
      case .ecdsaP384: COpenSSL_EVP_EC_gen("P-384")
      case .rsa3072: COpenSSL_EVP_RSA_gen(3072)
      case .rsa4096: COpenSSL_EVP_RSA_gen(4096)
      case .ed25519: COpenSSL_EVP_ED25519_gen()
      }
    return PrivateKey(adopting: try operation.require(pointer))
  }

  /// Reads an unencrypted key: PKCS#8, or the older forms of `openssl rsa` and `openssl ec`.
  static func read(_ pem: Secret, named name: String) throws(CertificateError) -> PrivateKey {
    let operation = Operation("read", name)
    let buffer = try MemoryBuffer.copying(pem, for: operation)
    var isEncrypted = false
    // Without this callback OpenSSL would ask for the passphrase on the terminal.
    let pointer = PEM_read_bio_PrivateKey(
      buffer.pointer, nil,
      { _, _, _, isEncrypted in
        isEncrypted?.assumingMemoryBound(to: Bool.self).pointee = true
        return -1
      }, &isEncrypted)
    if isEncrypted {
      throw operation.failure(
        .encryptedKey, "the key is encrypted, but nginx has no one to ask for its passphrase"
      )
    }
    return PrivateKey(
      adopting: try operation.require(
        pointer, .damagedKey, "the text is not a private key in PEM form, or it is damaged"))
  }

  /// Copies the key out of a PKCS#8 structure (RFC 5958), which the caller keeps.
  static func decode(
    _ structure: OpaquePointer, for operation: Operation
  ) throws(CertificateError) -> PrivateKey {
    PrivateKey(
      adopting: try operation.require(
        EVP_PKCS82PKEY(structure), .damagedKey, "the decrypted bytes are not a private key"))
  }

  /// Unencrypted PKCS#8.
  func pem() throws(CertificateError) -> Secret {
    let operation = Operation("encode", "a private key")
    let buffer = try MemoryBuffer.empty(for: operation)
    try operation.require(
      PEM_write_bio_PKCS8PrivateKey(buffer.pointer, pointer, nil, nil, 0, nil, nil) == 1)
    return buffer.secret()
  }

  var securityBits: Int32 { EVP_PKEY_get_security_bits(pointer) }

  /// As strong as the key (NIST SP 800-57); nil for the kinds that have a built-in digest.
  var signatureDigest: OpaquePointer? {
    switch EVP_PKEY_get_base_id(pointer) {
    case EVP_PKEY_ED25519, EVP_PKEY_ED448: nil
    default: securityBits <= 128 ? EVP_sha256() : EVP_sha384()
    }
  }

  /// The signature of bytes, in the form that OpenSSL gives it.
  ///
  /// - Parameter digest: nil for the kinds that have a built-in digest.
  func signature(
    of bytes: [UInt8], digest: OpaquePointer?, for operation: Operation
  ) throws(CertificateError) -> [UInt8] {
    let context = try operation.require(EVP_MD_CTX_new())
    defer { EVP_MD_CTX_free(context) }
    try operation.require(EVP_DigestSignInit(context, nil, digest, nil, pointer) == 1)
    // First the most that a signature takes, then what this one has taken.
    var count = 0
    try operation.require(EVP_DigestSign(context, nil, &count, bytes, bytes.count) == 1)
    var signature = [UInt8](repeating: 0, count: count)
    try operation.require(EVP_DigestSign(context, &signature, &count, bytes, bytes.count) == 1)
    return Array(signature.prefix(count))
  }

  /// Whether the private half belongs to the public half.
  func isConsistent() -> Bool {
    guard let context = EVP_PKEY_CTX_new_from_pkey(nil, pointer, nil) else { return false }
    defer { EVP_PKEY_CTX_free(context) }
    return EVP_PKEY_pairwise_check(context) == 1
  }
}
