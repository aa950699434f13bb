internal import COpenSSL

/// An ECDSA key on the curve P-256 that signs as JSON Web Signatures do (ES256, RFC 7518, 3.4).
package struct ES256Key: Sendable {
  private static let bytesOfCoordinate = 32

  private let key: PrivateKey
  /// The coordinates of the public point, 32 bytes each, big-endian.
  package let x, y: [UInt8]

  private init(_ key: PrivateKey) throws(CertificateError) {
    self.key = key
    let operation = Operation("read", "the public half of an account key")
    try operation.require(
      EVP_PKEY_get_base_id(key.pointer) == EVP_PKEY_EC && EVP_PKEY_get_bits(key.pointer) == 256,
      .damagedKey, "it is not an ECDSA key on the curve P-256")
    x = try Self.coordinate("qx", of: key, operation)
    y = try Self.coordinate("qy", of: key, operation)
  }

  /// Generates a new key.
  package static func generate() throws(CertificateError) -> ES256Key {
    try ES256Key(PrivateKey.generate(.ecdsaP256))
  }

  /// Reads an unencrypted key.
  ///
  /// - Parameter name: how errors name the key, such as its path.
  package static func read(pem: Secret, named name: String) throws(CertificateError) -> ES256Key {
    try ES256Key(PrivateKey.read(pem, named: name))
  }

  /// Unencrypted PKCS#8.
  package func pem() throws(CertificateError) -> Secret { try key.pem() }

  /// The signature of SHA-256 over the bytes: the two numbers r and s, 32 bytes each, big-endian.
  package func sign(_ bytes: [UInt8]) throws(CertificateError) -> [UInt8] {
    let operation = Operation("sign", "with an account key")
    let der = try key.signature(of: bytes, digest: EVP_sha256(), for: operation)
    return try der.withUnsafeBufferPointer { buffer throws(CertificateError) in
      var start = buffer.baseAddress
      let signature = try operation.require(d2i_ECDSA_SIG(nil, &start, der.count))
      defer { ECDSA_SIG_free(signature) }
      return try Self.bytes(ECDSA_SIG_get0_r(signature), operation)
        + Self.bytes(ECDSA_SIG_get0_s(signature), operation)
    }
  }

  private static func coordinate(
    _ name: String, of key: PrivateKey, _ operation: Operation
  ) throws(CertificateError) -> [UInt8] {
    var number: OpaquePointer?
    defer { BN_free(number) }
    try operation.require(EVP_PKEY_get_bn_param(key.pointer, name, &number) == 1)
    return try bytes(number, operation)
  }

  private static func bytes(
    _ number: OpaquePointer?, _ operation: Operation
  ) throws(CertificateError) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: bytesOfCoordinate)
    let length = BN_bn2binpad(try operation.require(number), &bytes, Int32(bytesOfCoordinate))
    try operation.require(Int(length) == bytesOfCoordinate)
    return bytes
  }
}
