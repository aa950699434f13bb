/// A version of nginx.
package struct Version: Hashable, Sendable, Comparable, CustomStringConvertible {
  package let major: Int
  package let minor: Int
  package let patch: Int

  /// The oldest version that configurations are made for.
  package static let oldest = Version(1, 18, 0)

  package init(_ major: Int, _ minor: Int, _ patch: Int) {
    self.major = major
    self.minor = minor
    self.patch = patch
  }

  /// Reads `1.22.1`, `nginx/1.22.1`, and the output of `nginx -v`; nil if there is no version in it.
  package init?(_ text: String) {
    let named = text.split(separator: "/", maxSplits: 1).last ?? ""
    let digits = named.prefix { $0.isASCII && $0.isNumber || $0 == "." }
    let parts = digits.split(separator: ".", omittingEmptySubsequences: false)
    let numbers = parts.compactMap { Int($0) }
    guard parts.count == 3, numbers.count == 3 else { return nil }
    self.init(numbers[0], numbers[1], numbers[2])
  }

  package var description: String { "\(major).\(minor).\(patch)" }

  package static func < (left: Version, right: Version) -> Bool {
    (left.major, left.minor, left.patch) < (right.major, right.minor, right.patch)
  }

  /// Whether a server without a certificate can refuse handshakes (`ssl_reject_handshake`).
  var canRejectHandshakes: Bool { self >= Version(1, 19, 4) }

  /// Whether HTTP/2 is a directive; before, it is a parameter of `listen`.
  var hasHTTP2Directive: Bool { self >= Version(1, 25, 1) }
}
