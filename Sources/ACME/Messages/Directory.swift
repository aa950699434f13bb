/// The URLs of an ACME server (RFC 8555, 7.1.1).
package struct Directory: Decodable, Hashable, Sendable {
  /// What the server says about itself.
  package struct Meta: Decodable, Hashable, Sendable {
    package var termsOfService: String?
    package var externalAccountRequired: Bool?
    /// The names that CAA records must allow.
    package var caaIdentities: [String]?
    /// The kinds of certificates on offer, each with a description.
    package var profiles: [String: String]?
  }

  var newNonce: String
  var newAccount: String
  var newOrder: String
  var revokeCert: String
  /// Where the server says when to renew (RFC 9773); nil if it does not.
  package var renewalInfo: String?
  package var meta: Meta?
}
