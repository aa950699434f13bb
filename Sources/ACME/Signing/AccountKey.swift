package import Certificates
import FoundationEssentials
import Hashing

/// The key of an ACME account (RFC 8555, 7.3). It signs every request, and its thumbprint answers challenges.
package struct AccountKey: Sendable {
  let key: ES256Key
  /// SHA-256 of the public key as JSON Web Key, in base64url (RFC 7638). Public, and constant for the account.
  package let thumbprint: String

  private init(_ key: ES256Key) {
    self.key = key
    var digest = Digest()
    digest.update(JSON.encode(JSONWebKey(key)))
    thumbprint = Base64URL.encode(digest.bytes())
  }

  /// Generates a new key.
  package static func generate() throws(CertificateError) -> AccountKey {
    AccountKey(try ES256Key.generate())
  }

  /// Reads an unencrypted ECDSA P-256 key.
  ///
  /// - Parameter name: how errors name the key, such as its path.
  package static func read(pem: Secret, named name: String) throws(CertificateError) -> AccountKey {
    AccountKey(try ES256Key.read(pem: pem, named: name))
  }

  /// Unencrypted PKCS#8.
  package func pem() throws(CertificateError) -> Secret { try key.pem() }

  /// What a web server answers to an HTTP-01 challenge (RFC 8555, 8.1).
  package func keyAuthorization(for token: String) -> String { "\(token).\(thumbprint)" }

  /// The value of the TXT record for a DNS-01 challenge (RFC 8555, 8.4).
  package func recordValue(for token: String) -> String {
    var digest = Digest()
    digest.update(keyAuthorization(for: token))
    return Base64URL.encode(digest.bytes())
  }
}

/// A public key as JSON (RFC 7517); encoded with sorted keys, it is the form that RFC 7638 hashes.
struct JSONWebKey: Encodable {
  let crv = "P-256"
  let kty = "EC"
  let x: String
  let y: String

  init(_ key: ES256Key) {
    x = Base64URL.encode(key.x)
    y = Base64URL.encode(key.y)
  }
}
