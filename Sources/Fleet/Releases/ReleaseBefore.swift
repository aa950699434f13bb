/// What a host had before a run: a release, or none. A manifest and a state write none as 0.
package enum ReleaseBefore: Hashable, Sendable, CustomStringConvertible {
  case noRelease
  case release(ReleaseNumber)

  package init(_ number: ReleaseNumber?) { self = number.map { .release($0) } ?? .noRelease }

  /// Reads exactly what `description` writes.
  package init?(_ text: some StringProtocol) {
    guard text != "0" else {
      self = .noRelease
      return
    }
    guard let number = ReleaseNumber(text) else { return nil }
    self = .release(number)
  }

  /// Nil if the host had no release.
  package var number: ReleaseNumber? {
    switch self {
    case .noRelease: nil
    case .release(let number): number
    }
  }

  package var description: String { String(number.orZero) }
}
