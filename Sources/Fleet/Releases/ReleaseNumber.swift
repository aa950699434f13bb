/// The number of a release on a host, limited to ``range`` so that no arithmetic with release
/// numbers overflows.
///
/// Every number in a state, a manifest, a fingerprint or a host's answer is read as one of these. "No
/// release" is nil, or ``ReleaseBefore/noRelease``; only JSON, hooks and the protocol with hosts write it as 0.
package struct ReleaseNumber: Hashable, Sendable, Comparable, CustomStringConvertible {
  package static let range = 1...1_000_000_000

  /// The number of the first release of a host.
  package static let first = Self(unchecked: range.lowerBound)

  package let value: Int

  private init(unchecked value: Int) { self.value = value }

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

  /// The number that many releases later. The last number of the range is never exceeded: no host
  /// accepts it.
  package func following(_ count: Int = 1) -> ReleaseNumber {
    Self(unchecked: min(value + count, Self.range.upperBound))
  }

  package var description: String { String(value) }

  package static func < (left: ReleaseNumber, right: ReleaseNumber) -> Bool {
    left.value < right.value
  }
}

extension ReleaseNumber? {
  /// The number, or 0 for no release: the form in JSON, in hooks and in the protocol with hosts.
  package var orZero: Int { self?.value ?? 0 }
}
