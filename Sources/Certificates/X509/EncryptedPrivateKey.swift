internal import COpenSSL
internal import Hashing

/// A private key at rest: PKCS#8 under PBES2 (RFC 8018) with AES-256-CBC and PBKDF2-HMAC-SHA256.
///
/// The scheme cannot distinguish a wrong passphrase from damaged bytes. So the digest of the structure
/// is written above it, as the explanatory text that RFC 7468, 5.2 allows and other programs skip.
enum EncryptedPrivateKey {
  /// OWASP's recommendation for PBKDF2-HMAC-SHA256; OpenSSL's default is 2048.
  private static let rounds: Int32 = 600_000
  private static let saltLength: Int32 = 16
  private static let digestLabel = "SHA-256 of the encoded key: "

  static func seal(
    _ key: PrivateKey, named name: String = "the CA's key", passphrase: Secret
  ) throws(CertificateError) -> String {
    let operation = Operation("encrypt", name)
    let structure = try operation.require(EVP_PKEY2PKCS8(key.pointer))
    defer { PKCS8_PRIV_KEY_INFO_free(structure) }
    // OpenSSL generates the salt and the initialization vector if none is given.
    let scheme = try operation.require(
      PKCS5_pbe2_set_iv(EVP_aes_256_cbc(), rounds, nil, saltLength, nil, NID_hmacWithSHA256))
    let sealed = passphrase.withUnsafeBytes { bytes in
      PKCS8_set0_pbe(
        bytes.baseAddress?.assumingMemoryBound(to: CChar.self), Int32(bytes.count), structure,
        scheme)
    }
    guard let sealed else {
      X509_ALGOR_free(scheme)
      throw operation.failure(.libraryFailed, "OpenSSL refused")
    }
    defer { X509_SIG_free(sealed) }
    let buffer = try MemoryBuffer.empty(for: operation)
    try operation.require(PEM_write_bio_PKCS8(buffer.pointer, sealed) == 1)
    return "\(digestLabel)\(try digest(of: sealed, for: operation))\n\(buffer.text())"
  }

  /// Encrypts a key again, under another passphrase and with another salt.
  static func reseal(
    _ pem: String, passphrase: Secret, newPassphrase: Secret
  ) throws(CertificateError) -> String {
    let key = try open(pem, passphrase: passphrase)
    let operation = Operation("encrypt", "the CA's key")
    try operation.require(!newPassphrase.isEmpty, .requestRefused, "the passphrase is empty")
    return try seal(key, passphrase: newPassphrase)
  }

  static func open(
    _ pem: String, named name: String = "the CA's key", passphrase: Secret
  ) throws(CertificateError) -> PrivateKey {
    let operation = Operation("unlock", name)
    let protection = CAFiles.protection(ofKeyPEM: pem)
    if protection == .none || protection == .encryptedElsewise {
      throw operation.failure(
        .damagedKey,
        "the key is not encrypted\(protection == .none ? "" : " as PKCS#8"). Encrypt it with\n"
          + "    openssl pkcs8 -topk8 -v2 aes-256-cbc -iter 600000 -in KEY -out NEW-KEY")
    }
    let buffer = try MemoryBuffer.copying(pem, for: operation)
    let sealed = try operation.require(
      PEM_read_bio_PKCS8(buffer.pointer, nil, { _, _, _, _ in -1 }, nil), .damagedKey,
      "the file contains no encrypted private key, or it is damaged; restore it from a backup")
    defer { X509_SIG_free(sealed) }
    let expected = recordedDigest(in: pem)
    if let expected, try digest(of: sealed, for: operation) != expected {
      throw operation.failure(
        .damagedKey,
        "the file is damaged: its digest does not match the recorded one; restore it from a backup")
    }
    let structure = passphrase.withUnsafeBytes { bytes in
      PKCS8_decrypt(
        sealed, bytes.baseAddress?.assumingMemoryBound(to: CChar.self), Int32(bytes.count))
    }
    let reason =
      expected == nil
      ? "the passphrase is wrong, or the file is damaged" : "the passphrase is wrong"
    let opened = try operation.require(structure, .wrongPassphrase, reason)
    defer { PKCS8_PRIV_KEY_INFO_free(opened) }
    return try PrivateKey.decode(opened, for: operation)
  }

  /// Whether the text contains the structure of an encrypted key, whatever its label says.
  static func isOne(_ pem: String) -> Bool {
    // An unsuccessful attempt leaves errors in the queue.
    defer { ERR_clear_error() }
    guard let buffer = try? MemoryBuffer.copying(pem, for: Operation("read", "a key")),
      let sealed = PEM_read_bio_PKCS8(buffer.pointer, nil, { _, _, _, _ in -1 }, nil)
    else { return false }
    X509_SIG_free(sealed)
    return true
  }

  /// Nil if another program wrote the file.
  private static func recordedDigest(in pem: String) -> String? {
    pem.split(whereSeparator: \.isNewline).first { $0.hasPrefix(digestLabel) }
      .map { String($0.dropFirst(digestLabel.count)) }
  }

  private static func digest(
    of sealed: OpaquePointer, for operation: Operation
  ) throws(CertificateError) -> String {
    var bytes = [UInt8](repeating: 0, count: 32)
    try operation.require(
      ASN1_item_digest(X509_SIG_it(), EVP_sha256(), UnsafeMutableRawPointer(sealed), &bytes, nil)
        == 1)
    return hexadecimal(bytes)
  }
}
