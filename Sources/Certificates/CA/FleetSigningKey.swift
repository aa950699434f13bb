internal import COpenSSL
internal import Hashing

/// The private half of a fleet key (Ed25519, RFC 8032).
package struct FleetSigningKey: Sendable {
  private let key: PrivateKey
  /// 64 lower-case hexadecimal digits.
  package let publicKey: String

  private init(_ key: PrivateKey) throws(CertificateError) {
    self.key = key
    let operation = Operation("read", "the public half of a fleet key")
    var bytes = [UInt8](repeating: 0, count: 32)
    var count = bytes.count
    try operation.require(
      EVP_PKEY_get_base_id(key.pointer) == EVP_PKEY_ED25519
        && EVP_PKEY_get_raw_public_key(key.pointer, &bytes, &count) == 1 && count == 32,
      .damagedKey, "it is not an Ed25519 key")
    publicKey = hexadecimal(bytes)
  }

  /// Generates a new key.
  package static func generate() throws(CertificateError) -> FleetSigningKey {
    try FleetSigningKey(PrivateKey.generate(.ed25519))
  }

  /// - Parameter name: how errors name the key, such as its path.
  package static func read(
    pem: Secret, named name: String
  ) throws(CertificateError) -> FleetSigningKey {
    try FleetSigningKey(PrivateKey.read(pem, named: name))
  }

  /// Unencrypted PKCS#8.
  package func pem() throws(CertificateError) -> Secret { try key.pem() }

  /// 128 lower-case hexadecimal digits.
  package func sign(_ text: String) throws(CertificateError) -> String {
    let operation = Operation("sign", "with the fleet's key")
    let signature = try key.signature(of: Array(text.utf8), digest: nil, for: operation)
    try operation.require(signature.count == 64)
    return hexadecimal(signature)
  }

  /// Whether a public key made a signature over a text; also false if one of them is malformed.
  package static func isValid(
    _ signature: String, of text: String, publicKey: String
  ) -> Bool {
    guard let signature = bytes(ofHexadecimal: signature), signature.count == 64,
      let raw = bytes(ofHexadecimal: publicKey), raw.count == 32
    else { return false }
    ERR_clear_error()
    defer { ERR_clear_error() }
    guard let key = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nil, raw, raw.count) else {
      return false
    }
    defer { EVP_PKEY_free(key) }
    guard let context = EVP_MD_CTX_new() else { return false }
    defer { EVP_MD_CTX_free(context) }
    guard EVP_DigestVerifyInit(context, nil, nil, nil, key) == 1 else { return false }
    var text = text
    return text.withUTF8 { bytes in
      EVP_DigestVerify(context, signature, signature.count, bytes.baseAddress, bytes.count)
    } == 1
  }
}
