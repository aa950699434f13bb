/// Why a key or a certificate could not be made, read or trusted.
package struct CertificateError: Error, CustomStringConvertible {
  /// The kind of a certificate or key failure; code branches on it and not on the message.
  package enum Code: Hashable, Sendable {
    /// The request is for something that must not be issued.
    case requestRefused
    case wrongPassphrase
    case damagedKey
    case damagedCertificate
    /// Not a revocation list, or not the one of its CA.
    case damagedRevocationList
    /// A key that has to be usable without a passphrase is encrypted.
    case encryptedKey
    /// The private key belongs to another certificate.
    case keyMismatch
    /// Fewer than 112 bits of security (NIST SP 800-57), which TLS on Debian refuses.
    case weakKey
    /// The certificate must not sign others, or is not self-signed.
    case notACA
    case expired
    case notYetValid
    case nameMismatch
    case wrongPurpose
    /// No chain of valid signatures leads to a trusted CA; see `verification`.
    case chainNotVerified
    /// Not leaf first, each certificate followed by its issuer.
    case chainOutOfOrder
    /// The other end of a TLS connection refused, or does not speak TLS.
    case handshakeFailed
    /// OpenSSL failed for another reason; see `libraryMessages`.
    case libraryFailed
  }

  /// Why X509_verify_cert rejected a certificate: its error number, which nginx logs too, and
  /// OpenSSL's text for it.
  package struct Verification: Hashable, Sendable {
    package let number: Int
    package let text: String
    /// 0 is the leaf, 1 its issuer, and so on.
    package let depth: Int
    /// The common name of the issuer of the certificate at this depth; empty if it has none.
    package let issuer: String
  }

  package let code: Code
  /// What was being done, as a verb: "unlock".
  package let action: String
  /// The object of the action: "the CA's key".
  package let object: String
  /// What is wrong, and what to do about it if that is not obvious.
  package let reason: String
  package let verification: Verification?
  /// OpenSSL's error queue at the failing call, oldest first.
  package let libraryMessages: [String]

  package var description: String {
    var text = "cannot \(action) \(object): \(reason)"
    if let verification {
      text += " (verify error \(verification.number): \(verification.text),"
      text += " at depth \(verification.depth))"
    }
    return text + libraryWords
  }

  /// What OpenSSL says, in parentheses behind a space; empty if it says nothing.
  package var libraryWords: String {
    libraryMessages.isEmpty ? "" : " (OpenSSL: \(libraryMessages.joined(separator: "; ")))"
  }
}
