/// What a transaction relies on: the current release, by its number and its manifest's digest.
///
/// Hosts, saved plans and messages write it as `none`, as `3:` for a release without a manifest, or as
/// `3:` and the SHA-256 of the manifest in lower-case hex.
package enum Fingerprint: Hashable, Sendable {
  /// The host has no release.
  case none
  /// - Parameter digest: SHA-256 in 64 lower-case hexadecimal digits; nil if there is no manifest.
  case release(ReleaseNumber, digest: String?)

  /// The number of the release; nil if there is none.
  package var release: ReleaseNumber? {
    if case .release(let number, _) = self { number } else { nil }
  }

  /// SHA-256 of the manifest in lower-case hex; nil if there is none.
  package var manifestDigest: String? {
    if case .release(_, let digest) = self { digest } else { nil }
  }
}

extension Fingerprint: RawRepresentable, CustomStringConvertible {
  package var rawValue: String {
    switch self {
    case .none: "none"
    case .release(let number, let digest): "\(number):\(digest ?? "")"
    }
  }

  package var description: String { rawValue }

  /// Returns nil for a text that no host writes.
  package init?(rawValue text: String) {
    if text == "none" {
      self = .none
      return
    }
    let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
    guard parts.count == 2, let number = ReleaseNumber(parts[0]),
      parts[1].isEmpty || Self.isDigest(parts[1])
    else { return nil }
    self = .release(number, digest: parts[1].isEmpty ? nil : String(parts[1]))
  }

  private static func isDigest(_ text: Substring) -> Bool {
    text.utf8.count == 64
      && text.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }
  }
}
