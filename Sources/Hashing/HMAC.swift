internal import COpenSSL

/// HMAC-SHA1 (RFC 2104) of a message: 20 bytes.
///
/// OpenSSH hashes the names in known_hosts with it (sshd(8), SSH_KNOWN_HOSTS FILE FORMAT); no security depends
/// on it.
package func hmacSHA1(_ message: [UInt8], key: [UInt8]) -> [UInt8] {
  var digest = [UInt8](repeating: 0, count: 20)
  var length: UInt32 = 0
  guard HMAC(EVP_sha1(), key, Int32(key.count), message, message.count, &digest, &length) != nil,
    length == 20
  else {
    preconditionFailure(
      "OpenSSL offers no SHA-1: its openssl.cnf is broken, or memory is exhausted.")
  }
  return digest
}

/// HMAC-SHA256 (RFC 2104) of a message: 32 bytes.
package func hmacSHA256(_ message: [UInt8], key: [UInt8]) -> [UInt8] {
  var digest = [UInt8](repeating: 0, count: 32)
  var length: UInt32 = 0
  guard HMAC(EVP_sha256(), key, Int32(key.count), message, message.count, &digest, &length) != nil,
    length == 32
  else {
    preconditionFailure(
      "OpenSSL offers no SHA-256: its openssl.cnf is broken, or memory is exhausted.")
  }
  return digest
}
