package import Fleet
package import Inventories

/// Where an ordered certificate comes from.
package enum OrderSource: Hashable, Sendable {
  /// An ACME server, by the URL of its directory.
  case acme(DirectoryURL)
  /// A program of the controller, with its arguments; and the paths of the files that it writes, if it does not print.
  case command([String], files: [String] = [])

  /// The server or the program, for messages.
  package var name: String {
    switch self {
    case .acme(let directory): directory.server
    case .command(let words, _): "`\(words.joined(separator: " "))`"
    }
  }
}

/// How a site's certificate was ordered, and when it is to be renewed.
package struct OrderedCertificate: Hashable, Sendable {
  package var source: OrderSource
  /// The names that it was ordered for, as ``Inventories/Site/orderedNames``.
  package var names: [String]
  package var profile: String?
  /// The kind of key; nil if a command chose it.
  package var key: KeyKind?
  /// SHA-256 of the key's file, in lower-case hex.
  package var keyDigest: String
  /// Lower-case hexadecimal digits.
  package var serial: String
  package var notBefore: Timestamp
  package var notAfter: Timestamp
  /// The period in which the server suggests to renew it (RFC 9773); nil if it suggests none.
  package var suggestion: ClosedRange<Timestamp>?
  /// Whether it was revoked at the server.
  package var isRevoked: Bool
  /// Whether the account that the inventory names has ordered it.
  package var isOfPresentAccount: Bool
  /// Those that were ordered before it, by SHA-256 of the chain in lower-case hex.
  package var replaced: [String: Replaced]

  /// A certificate that was ordered for the same site before.
  package struct Replaced: Hashable, Sendable {
    package var notBefore: Timestamp
    package var notAfter: Timestamp
    /// Whether it was ordered with the same names, key and profile from the same source.
    package var isAlike: Bool

    package init(notBefore: Timestamp, notAfter: Timestamp, isAlike: Bool) {
      self.notBefore = notBefore
      self.notAfter = notAfter
      self.isAlike = isAlike
    }

    /// Seconds before its end from which on it is due: a third of its lifetime.
    var margin: Int64 { max(notAfter.secondsSince1970 - notBefore.secondsSince1970, 0) / 3 }

    func isDue(at now: Timestamp) -> Bool { now >= notAfter.adding(seconds: -margin) }
  }

  package init(
    from source: OrderSource, names: [String], profile: String? = nil, key: KeyKind?,
    keyDigest: String,
    serial: String,
    notBefore: Timestamp, notAfter: Timestamp, suggestion: ClosedRange<Timestamp>? = nil,
    isRevoked: Bool = false, isOfPresentAccount: Bool = true, replaced: [String: Replaced] = [:]
  ) {
    self.source = source
    self.names = names
    self.profile = profile
    self.key = key
    self.keyDigest = keyDigest
    self.serial = serial
    self.notBefore = notBefore
    self.notAfter = notAfter
    self.suggestion = suggestion
    self.isRevoked = isRevoked
    self.isOfPresentAccount = isOfPresentAccount
    self.replaced = replaced
  }

  /// When it is renewed: at some time of the suggested period, or else before a third of its lifetime is left. The
  /// serial number decides how much before, so that certificates of one day are not all renewed in one run.
  package var renewal: Timestamp {
    let hash = Spread.hash(serial)
    let lifetime = max(notAfter.secondsSince1970 - notBefore.secondsSince1970, 0)
    if let suggestion {
      let length = suggestion.upperBound.secondsSince1970 - suggestion.lowerBound.secondsSince1970
      let suggested = suggestion.lowerBound.adding(seconds: Int64(hash % UInt64(max(length, 1))))
      // A suggestion after the end would be none.
      return min(suggested, notAfter.adding(seconds: -lifetime / 10))
    }
    let jitter = Int64(hash % UInt64(max(lifetime / 20, 1)))
    return notAfter.adding(seconds: -(lifetime / 3 + jitter))
  }
}
