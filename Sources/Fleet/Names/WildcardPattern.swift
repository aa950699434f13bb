/// A pattern in which `*` stands for any number of bytes and `?` for one.
///
/// Used for `--limit` and in known_hosts (sshd(8)). Only the last star is tried again, so no pattern takes
/// exponential time, and the memory is that of the pattern.
package struct WildcardPattern: Hashable, Sendable {
  private let pattern: [UInt8]

  package init(_ text: some StringProtocol) { pattern = Array(text.utf8) }

  /// Whether a pattern matches other texts than itself.
  package static func hasWildcard(_ pattern: some StringProtocol) -> Bool {
    pattern.utf8.contains { $0 == UInt8(ascii: "*") || $0 == UInt8(ascii: "?") }
  }

  /// Whether the whole text matches the pattern.
  package func matches(_ text: some StringProtocol) -> Bool {
    let text = Array(text.utf8)
    var (at, next) = (0, 0)
    var retry: (at: Int, next: Int)?
    while at < text.count {
      if next < pattern.count, pattern[next] == UInt8(ascii: "*") {
        retry = (at, next)
        next += 1
      } else if next < pattern.count,
        pattern[next] == UInt8(ascii: "?") || pattern[next] == text[at]
      {
        (at, next) = (at + 1, next + 1)
      } else if let last = retry {
        (at, next) = (last.at + 1, last.next + 1)
        retry = (last.at + 1, last.next)
      } else {
        return false
      }
    }
    return pattern[next...].allSatisfy { $0 == UInt8(ascii: "*") }
  }
}
