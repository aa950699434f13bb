import Fleet

/// The name of an HTTP header field. RFC 9110 (5.1) allows more characters than the usual ones
/// here.
package struct HeaderName: ValidatedText {
  package let text: String
  package static let noun = "a header's name"
  package static let rule = "1 to 64 letters, digits and inner hyphens"
  package static let forwardedFor = HeaderName(unchecked: "X-Forwarded-For")
  package static let cloudflareClient = HeaderName(unchecked: "CF-Connecting-IP")

  package init?(_ text: String) {
    guard (1...64).contains(text.utf8.count), !text.hasPrefix("-"), !text.hasSuffix("-"),
      text.utf8.allSatisfy({ $0.isLetterOrDigit || $0 == UInt8(ascii: "-") })
    else { return nil }
    self.text = text
  }

  private init(unchecked text: String) { self.text = text }

  /// Names are compared without regard to case (RFC 9110, 5.1).
  func isSame(as other: String) -> Bool { text.lowercased() == other.lowercased() }
}

/// The value of an HTTP header field in printable ASCII, without `$`, which nginx would read as a
/// variable.
package struct HeaderValue: ValidatedText {
  package let text: String
  package static let noun = "a header's value"
  package static let rule =
    "1 to 1024 printable ASCII characters without $ and without outer spaces"

  package init?(_ text: String) {
    guard (1...1024).contains(text.utf8.count), text.utf8.first != UInt8(ascii: " "),
      text.utf8.last != UInt8(ascii: " "),
      text.utf8.allSatisfy({ (0x20...0x7E).contains($0) && $0 != UInt8(ascii: "$") })
    else { return nil }
    self.text = text
  }
}
