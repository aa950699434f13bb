import Fleet
import State

/// What a transaction relies on: the release in force by its number and its manifest's digest, as hosts
/// write it: `none`, `3:` for a release without a manifest, or `3:` and SHA-256 in lower-case hex.
struct Fingerprint: Equatable, Sendable {
  /// 0 for none.
  let release: Int
  let digest: String?

  /// Of a host where no release is in force.
  static let none = Fingerprint()

  private init() { (release, digest) = (0, nil) }

  /// As the host wrote it.
  var text: String { release == 0 ? "none" : "\(release):\(digest ?? "")" }

  init?(_ text: String) {
    if text == "none" {
      self = .none
      return
    }
    let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
    guard parts.count == 2, let number = ReleaseNumber(parts[0]),
      parts[1].isEmpty || Self.isDigest(parts[1])
    else { return nil }
    release = number.value
    digest = parts[1].isEmpty ? nil : String(parts[1])
  }

  private static func isDigest(_ text: Substring) -> Bool {
    text.utf8.count == 64
      && text.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }
  }
}
