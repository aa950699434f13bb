/// A name for which a certificate is ordered (RFC 8555, 7.1.4).
package struct Identifier: Codable, Hashable, Sendable {
  package var type: String
  package var value: String

  package init(domain: String) {
    type = "dns"
    value = domain
  }
}

/// An order for one certificate (RFC 8555, 7.1.3).
package struct Order: Decodable, Hashable, Sendable {
  /// The states of an order (RFC 8555, 7.1.6).
  package enum Status: String, Decodable, Sendable {
    /// Names have to be proven.
    case pending
    /// The request for the certificate can be sent.
    case ready
    /// The certificate is being issued.
    case processing
    /// The certificate can be downloaded.
    case valid
    /// Nothing can be done with the order.
    case invalid
  }

  package var status: Status
  package var identifiers: [Identifier]
  var authorizations: [String]
  var finalize: String
  var certificate: String?
  package var error: Problem?
}

/// An order with its URL, by which it can be continued later.
package struct PlacedOrder: Hashable, Sendable {
  package let url: String
  package var order: Order
}

/// The proof of one name (RFC 8555, 7.1.4).
struct Authorization: Decodable, Hashable, Sendable {
  /// The states of an authorization (RFC 8555, 7.1.6).
  enum Status: String, Decodable, Sendable {
    case pending, valid, invalid, deactivated, expired, revoked
  }

  var status: Status
  var identifier: Identifier
  var challenges: [Challenge]
  /// Whether the name is proven together with all names one level below it.
  var wildcard: Bool?

  /// The name as the certificate has it.
  var name: String { wildcard == true ? "*." + identifier.value : identifier.value }
}

/// One way to prove a name (RFC 8555, 8).
struct Challenge: Decodable, Hashable, Sendable {
  /// The states of a challenge (RFC 8555, 7.1.6).
  enum Status: String, Decodable, Sendable { case pending, processing, valid, invalid }

  var type: String
  var url: String
  var status: Status
  var token: String?
  var error: Problem?

  var kind: ChallengeKind? { ChallengeKind(rawValue: type) }
}

/// The ways to prove a name that deploy can use.
package enum ChallengeKind: String, Hashable, Sendable {
  /// A page that the site's web servers answer (RFC 8555, 8.3).
  case http01 = "http-01"
  /// A TXT record of the domain (RFC 8555, 8.4).
  case dns01 = "dns-01"
}
