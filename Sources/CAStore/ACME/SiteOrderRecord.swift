/// What was ordered for one site: the current certificate, and the order that is under way. Keys are encrypted.
///
/// A run that is killed leaves the order under way; the next run continues it.
package struct SiteOrderRecord: Codable, Hashable, Sendable {
  private var format = 1
  package var current: Issued?
  package var pending: Pending?
  /// Certificates that are still to be revoked at their servers.
  package var revoking: [Revoking]
  /// SHA-256 of the chains that were revoked, or are to be, in lower-case hex: no release with one is restored.
  package var revoked: [String]
  /// The certificates that were current before, the latest last: a renewal replaces no other files of hosts.
  package var replaced: [Replaced] = []

  package init(
    current: Issued? = nil, pending: Pending? = nil, revoking: [Revoking] = [],
    revoked: [String] = []
  ) {
    self.current = current
    self.pending = pending
    self.revoking = revoking
    self.revoked = revoked
  }

  package init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    format = try values.supportedFormat(forKey: .format)
    current = try values.decodeIfPresent(Issued.self, forKey: .current)
    pending = try values.decodeIfPresent(Pending.self, forKey: .pending)
    revoked = try values.decodeIfPresent([String].self, forKey: .revoked) ?? []
    revoking = try values.decodeIfPresent([Revoking].self, forKey: .revoking) ?? []
    replaced = try values.decodeIfPresent([Replaced].self, forKey: .replaced) ?? []
  }

  /// What a certificate is ordered with; an order under way is continued only if it is for the same.
  package struct Request: Codable, Hashable, Sendable {
    /// The thumbprint of the account's key.
    package var account: String?
    /// The URL of the server's directory; nil for a command.
    package var directory: String?
    /// The words of the command that gets the certificate; nil for a server.
    package var command: [String]?
    /// The paths of the files that the command writes; nil if it prints.
    package var files: [String]?
    package var names: [String]
    package var profile: String?
    /// A raw value of `KeyKind`; nil for a command.
    package var key: String?

    package init(
      account: String?, directory: String, names: [String], profile: String?, key: String
    ) {
      self.account = account
      self.directory = directory
      self.names = names
      self.profile = profile
      self.key = key
    }

    package init(command: [String], files: [String], names: [String]) {
      self.command = command
      self.files = files.isEmpty ? nil : files
      self.names = names
    }
  }

  /// A private key at rest.
  package struct Key: Codable, Hashable, Sendable {
    /// Encrypted PKCS#8 in PEM.
    package var pem: String
    /// SHA-256 of the unencrypted PEM text, which hosts have, in lower-case hex.
    package var digest: String

    package init(pem: String, digest: String) {
      self.pem = pem
      self.digest = digest
    }
  }

  /// An order under way.
  package struct Pending: Codable, Hashable, Sendable {
    package var request: Request
    package var key: Key
    /// The order's URL; nil before the server has answered.
    package var order: String?

    package init(request: Request, key: Key, order: String? = nil) {
      self.request = request
      self.key = key
      self.order = order
    }
  }

  /// A certificate that was issued.
  package struct Issued: Codable, Hashable, Sendable {
    package var request: Request
    package var key: Key
    /// The chain in PEM, leaf first.
    package var certificate: String
    /// When the server suggests to renew it.
    package var suggestion: Suggestion?
    /// Whether it was revoked at the server.
    package var isRevoked: Bool

    package init(
      request: Request, key: Key, certificate: String, suggestion: Suggestion? = nil,
      isRevoked: Bool = false
    ) {
      self.request = request
      self.key = key
      self.certificate = certificate
      self.suggestion = suggestion
      self.isRevoked = isRevoked
    }
  }

  /// A certificate that was current before.
  package struct Replaced: Codable, Hashable, Sendable {
    /// SHA-256 of the chain, in lower-case hex.
    package var digest: String
    package var request: Request
    /// The validity; seconds since 1970.
    package var notBefore: Int64
    package var notAfter: Int64

    package init(digest: String, request: Request, notBefore: Int64, notAfter: Int64) {
      self.digest = digest
      self.request = request
      self.notBefore = notBefore
      self.notAfter = notAfter
    }
  }

  /// A certificate that is to be revoked.
  package struct Revoking: Codable, Hashable, Sendable {
    /// The thumbprint of the key of the account that ordered it.
    package var account: String?
    /// The URL of the server's directory.
    package var directory: String
    /// The chain in PEM, leaf first.
    package var certificate: String
    /// The number of RFC 5280, 5.3.1.
    package var reason: Int

    package init(account: String?, directory: String, certificate: String, reason: Int) {
      self.account = account
      self.directory = directory
      self.certificate = certificate
      self.reason = reason
    }
  }

  /// The period in which a server suggests to renew a certificate (RFC 9773); seconds since 1970.
  package struct Suggestion: Codable, Hashable, Sendable {
    package var start: Int64
    package var end: Int64
    /// From when on the server is asked again.
    package var next: Int64

    package init(start: Int64, end: Int64, next: Int64) {
      self.start = start
      self.end = end
      self.next = next
    }
  }
}

extension KeyedDecodingContainer {
  /// The version of a file's format, if this program can read it.
  func supportedFormat(forKey key: Key) throws -> Int {
    let format = try decode(Int.self, forKey: key)
    guard format == 1 else {
      throw DecodingError.dataCorruptedError(
        forKey: key, in: self,
        debugDescription: "format \(format) is of another version of deploy")
    }
    return format
  }
}
