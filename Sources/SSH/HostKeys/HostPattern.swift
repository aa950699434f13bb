internal import Fleet
internal import FoundationEssentials
internal import Hashing

/// The first field of a known_hosts line: the hosts that the line applies to.
enum HostPattern: Hashable, Sendable {
  /// "|1|salt|digest": HMAC-SHA1 of one name.
  case hashed(salt: [UInt8], digest: [UInt8])
  /// Patterns with `*` and `?`; one after `!` excludes hosts again.
  case list(allowed: [String], negated: [String])

  init(_ text: Substring) {
    let parts = text.split(separator: "|", omittingEmptySubsequences: false)
    if parts.count == 4, parts[0].isEmpty, parts[1] == "1",
      let salt = Data(base64Encoded: String(parts[2])),
      let digest = Data(base64Encoded: String(parts[3]))
    {
      self = .hashed(salt: Array(salt), digest: Array(digest))
      return
    }
    let patterns = text.lowercased().split(separator: ",")
    self = .list(
      allowed: patterns.filter { !$0.hasPrefix("!") }.map(String.init),
      negated: patterns.filter { $0.hasPrefix("!") }.map { String($0.dropFirst()) })
  }

  /// The only names that it matches; nil if the pattern has to be tried.
  var plainNames: [String]? {
    guard case .list(let allowed, let negated) = self, negated.isEmpty,
      allowed.allSatisfy({ !$0.utf8.contains { "*?".utf8.contains($0) } })
    else { return nil }
    return allowed
  }

  func matches(_ name: String) -> Bool {
    switch self {
    case .hashed(let salt, let digest):
      return hmacSHA1(Array(name.utf8), key: salt) == digest
    case .list(let allowed, let negated):
      if negated.contains(where: { WildcardPattern($0).matches(name) }) { return false }
      return allowed.contains { WildcardPattern($0).matches(name) }
    }
  }
}
