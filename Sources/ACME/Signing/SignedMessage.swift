package import Certificates
import Hashing

/// A JSON Web Signature in its flattened form (RFC 7515, 7.2.2), the body of every ACME request.
struct SignedMessage: Encodable {
  let protected: String
  let payload: String
  let signature: String

  /// How a request names the account that signs it.
  enum Signer {
    /// By its public key, before the account's URL is known.
    case key
    /// By its URL.
    case account(String)
  }

  private struct Header: Encodable {
    var alg: String
    var jwk: JSONWebKey?
    var kid: String?
    var nonce: String?
    var url: String
  }

  /// - Parameter payload: JSON, or nothing for a request that only reads (POST-as-GET, RFC 8555, 6.3).
  init(
    _ payload: [UInt8], to url: String, nonce: String, by signer: Signer, _ key: AccountKey
  ) throws(CertificateError) {
    var header = Header(alg: "ES256", nonce: nonce, url: url)
    switch signer {
    case .key: header.jwk = JSONWebKey(key.key)
    case .account(let account): header.kid = account
    }
    protected = Base64URL.encode(JSON.encode(header))
    self.payload = Base64URL.encode(payload)
    signature = Base64URL.encode(try key.key.sign(Array("\(protected).\(self.payload)".utf8)))
  }

  /// The proof that an account key belongs to a customer of the CA (RFC 8555, 7.3.4).
  init(binding key: AccountKey, to account: ExternalAccount, at url: String) {
    protected = Base64URL.encode(
      JSON.encode(Header(alg: "HS256", kid: account.keyIdentifier, url: url)))
    payload = Base64URL.encode(JSON.encode(JSONWebKey(key.key)))
    let message = Array("\(protected).\(payload)".utf8)
    signature = Base64URL.encode(
      account.macKey.withUnsafeBytes { hmacSHA256(message, key: Array($0)) })
  }
}

/// The credentials that a CA gives to its customers, to be used once to register an account.
package struct ExternalAccount: Sendable {
  package let keyIdentifier: String
  let macKey: Secret

  /// Nil if the MAC key is not base64url, the form in which CAs give it.
  package init?(keyIdentifier: String, macKey: Secret) {
    let text = macKey.withUnsafeBytes { String(decoding: $0, as: UTF8.self) }
    let unpadded = String(text.prefix { $0 != "=" })
    guard !keyIdentifier.isEmpty, !unpadded.isEmpty, var bytes = Base64URL.decode(unpadded) else {
      return nil
    }
    self.keyIdentifier = keyIdentifier
    self.macKey = Secret(wiping: &bytes)
  }
}
