import Diagnostics

/// An error that the directory reports (RFC 7807; RFC 8555, 6.7).
package struct Problem: Decodable, Hashable, Sendable {
  /// The error types on which the client branches; RFC 8555, 6.7 and RFC 9773, 7.4 list them.
  package enum Kind: String, Sendable {
    case badNonce, rateLimited, accountDoesNotExist, userActionRequired, unauthorized
    case externalAccountRequired, orderNotReady, alreadyRevoked, alreadyReplaced, malformed
    case serverInternal, caa, connection, dns, tls, incorrectResponse, rejectedIdentifier
    case badCSR, badSignatureAlgorithm, badPublicKey, unsupportedContact, invalidContact
  }

  /// A part of a problem that is about one name of an order.
  struct Part: Decodable, Hashable, Sendable {
    var type: String?
    var detail: String?
    var identifier: Identifier?
  }

  private static let namespace = "urn:ietf:params:acme:error:"
  private static let mostCharacters = 400

  var type: String?
  var detail: String?
  /// A page for a person to visit, for `userActionRequired`.
  var instance: String?
  var subproblems: [Part]?

  /// Nil for a type that the client does not know.
  package var kind: Kind? {
    type.flatMap { $0.hasPrefix(Self.namespace) ? $0.dropFirst(Self.namespace.count) : nil }
      .flatMap { Kind(rawValue: String($0)) }
  }

  /// What went wrong, on one line, bounded and without control characters.
  package var text: String {
    let parts = (subproblems ?? []).map { part in
      (part.identifier.map { "\($0.value): " } ?? "") + (part.detail ?? part.type ?? "no reason")
    }
    let whole = ([detail ?? type ?? "no reason was given"] + parts).joined(separator: "; ")
    return HostText(whole, limit: Self.mostCharacters).text
  }
}
