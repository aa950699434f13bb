internal import COpenSSL

/// HMAC-SHA1 (RFC 2104) of a message: 20 bytes.
///
/// OpenSSH hashes the names in known_hosts with it (sshd(8), SSH_KNOWN_HOSTS FILE FORMAT); no security depends
/// on it.
package func hmacSHA1(_ message: [UInt8], key: [UInt8]) -> [UInt8] {
  hmac(message, key, EVP_sha1(), named: "SHA-1", bytes: 20)
}

/// HMAC-SHA256 (RFC 2104) of a message: 32 bytes.
package func hmacSHA256(_ message: [UInt8], key: [UInt8]) -> [UInt8] {
  hmac(message, key, EVP_sha256(), named: "SHA-256", bytes: 32)
}

private func hmac(
  _ message: [UInt8], _ key: [UInt8], _ algorithm: OpaquePointer?, named name: String, bytes: Int
) -> [UInt8] {
  var digest = [UInt8](repeating: 0, count: bytes)
  var length: UInt32 = 0
  guard HMAC(algorithm, key, Int32(key.count), message, message.count, &digest, &length) != nil,
    length == bytes
  else {
    preconditionFailure(
      "OpenSSL offers no \(name): its openssl.cnf is broken, or memory is exhausted.")
  }
  return digest
}
