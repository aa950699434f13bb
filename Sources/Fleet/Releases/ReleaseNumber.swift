/// The number of a release on a host, limited to ``range`` so that no arithmetic with release
/// numbers overflows.
///
/// Every number in a manifest's text, a fingerprint or a host's answer is read as one of these; a
/// state's numbers are checked against the same range.
package struct ReleaseNumber: Hashable, Sendable, Comparable, CustomStringConvertible {
  package static let range = 1...1_000_000_000

  package let value: Int

  /// Returns nil for a number that is out of range.
  package init?(_ value: Int) {
    guard Self.range.contains(value) else { return nil }
    self.value = value
  }

  /// Reads exactly what `description` writes: decimal digits, without a sign and leading zeros.
  package init?(_ text: some StringProtocol) {
    guard text.utf8.count <= 10, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
      text.utf8.first != 0x30, let value = Int(text)
    else { return nil }
    self.init(value)
  }

  package var description: String { String(value) }

  package static func < (left: ReleaseNumber, right: ReleaseNumber) -> Bool {
    left.value < right.value
  }
}
