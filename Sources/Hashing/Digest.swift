internal import COpenSSL

/// SHA-256 (FIPS 180-4) over bytes that arrive in pieces.
package struct Digest: ~Copyable {
  private let context: OpaquePointer

  package init() {
    guard let context = EVP_MD_CTX_new(), EVP_DigestInit_ex(context, EVP_sha256(), nil) == 1 else {
      preconditionFailure(
        "OpenSSL offers no SHA-256: its openssl.cnf is broken, or memory is exhausted.")
    }
    self.context = context
  }

  deinit { EVP_MD_CTX_free(context) }

  /// Adds bytes to the digest.
  package mutating func update(_ bytes: UnsafeRawBufferPointer) {
    guard EVP_DigestUpdate(context, bytes.baseAddress, bytes.count) == 1 else {
      preconditionFailure("SHA-256 refused bytes. This is a bug in deploy.")
    }
  }

  /// Adds bytes to the digest.
  package mutating func update(_ bytes: [UInt8]) {
    bytes.withUnsafeBytes { update($0) }
  }

  /// Adds the UTF-8 of a text to the digest.
  package mutating func update(_ text: String) {
    var text = text
    text.withUTF8 { update(UnsafeRawBufferPointer($0)) }
  }

  /// 32 bytes.
  package consuming func bytes() -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: 32)
    guard EVP_DigestFinal_ex(context, &bytes, nil) == 1 else {
      preconditionFailure("SHA-256 gave no result. This is a bug in deploy.")
    }
    return bytes
  }

  /// 64 lower-case hexadecimal digits.
  package consuming func finish() -> String { hexadecimal(bytes()) }

  /// 64 lower-case hexadecimal digits.
  package static func sha256(of bytes: [UInt8]) -> String {
    var digest = Digest()
    digest.update(bytes)
    return digest.finish()
  }

  /// 64 lower-case hexadecimal digits, over the text's UTF-8.
  package static func sha256(of text: String) -> String {
    var digest = Digest()
    digest.update(text)
    return digest.finish()
  }
}
