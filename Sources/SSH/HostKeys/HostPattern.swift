internal import FoundationEssentials
internal import Hashing

/// The first field of a known_hosts line: which hosts it speaks of.
enum HostPattern: Hashable, Sendable {
  /// "|1|salt|digest": HMAC-SHA1 of one name.
  case hashed(salt: [UInt8], digest: [UInt8])
  /// Patterns with `*` and `?`; one after `!` takes hosts out again.
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

  /// The names that it stands for and no others; nil where it has to be tried.
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
      let bytes = Array(name.utf8)[...]
      if negated.contains(where: { glob(Array($0.utf8)[...], matches: bytes) }) { return false }
      return allowed.contains { glob(Array($0.utf8)[...], matches: bytes) }
    }
  }
}

/// `*` stands for any number of bytes, `?` for one. Linear in memory; only the last star is tried
/// again, so no pattern takes exponential time.
private func glob(_ pattern: ArraySlice<UInt8>, matches text: ArraySlice<UInt8>) -> Bool {
  var (position, star, retry) = (pattern.startIndex, Int?.none, text.startIndex)
  var index = text.startIndex
  while index < text.endIndex {
    if position < pattern.endIndex, pattern[position] == UInt8(ascii: "*") {
      (star, retry) = (position, index)
      position += 1
    } else if position < pattern.endIndex,
      pattern[position] == UInt8(ascii: "?") || pattern[position] == text[index]
    {
      position += 1
      index += 1
    } else if let star {
      retry += 1
      (position, index) = (star + 1, retry)
    } else {
      return false
    }
  }
  return pattern[position...].allSatisfy { $0 == UInt8(ascii: "*") }
}
