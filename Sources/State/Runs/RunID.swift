package import Fleet

/// The name of a run in the history, such as `20261130-140231-k7rf`: its beginning in UTC, and four random
/// letters or digits. Names sort by time; the beginning of a name or its last part is enough to enter.
package struct RunID: ValidatedText, Codable {
  package static let noun = "the name of a run"
  package static let rule =
    "a date, a time and four letters or digits, such as 20261130-140231-k7rf"

  /// Neither vowels, which could spell words, nor characters that look like others.
  private static let letters = Array("23456789bcdfghjkmnpqrstvwxz".utf8)
  private static let suffixLength = 4

  package let text: String

  package init?(_ text: String) {
    let parts = text.split(separator: "-", omittingEmptySubsequences: false)
    guard parts.map(\.utf8.count) == [8, 6, Self.suffixLength],
      parts[0...1].allSatisfy({ $0.utf8.allSatisfy { (0x30...0x39).contains($0) } }),
      parts[2].utf8.allSatisfy(Self.letters.contains)
    else { return nil }
    self.text = text
  }

  /// The name of a run that begins at a moment.
  package init(at now: Timestamp, using generator: inout some RandomNumberGenerator) {
    let digits = now.description.utf8.filter { (0x30...0x39).contains($0) }
    let suffix = (0..<Self.suffixLength).map { _ in
      Self.letters[Int.random(in: Self.letters.indices, using: &generator)]
    }
    let hyphen = [UInt8(ascii: "-")]
    text = String(
      decoding: digits.prefix(8) + hyphen + digits.dropFirst(8).prefix(6) + hyphen + suffix,
      as: UTF8.self)
  }

  /// Whether a user who enters the text may mean this run.
  package func matches(_ entered: String) -> Bool {
    !entered.isEmpty && (text.hasPrefix(entered) || text.suffix(Self.suffixLength) == entered)
  }
}
