/// The name of a network in which hosts have addresses (`addresses:` of a host).
package struct NetworkName: ValidatedText {
  package let text: String
  package static let noun = "the name of a network"
  package static let rule = "1 to 63 lower-case letters, digits and inner hyphens"

  /// The network of visitors, in which every host has its `address`.
  package static let `public` = NetworkName(unchecked: "public")

  package init?(_ text: String) {
    guard DNSLabel.isValid(text) else { return nil }
    self.text = text
  }

  private init(unchecked text: String) { self.text = text }
}

/// The name of a group of sources (`firewall.groups`), which can be written in the place of a range.
package struct SourceGroupName: ValidatedText {
  package let text: String
  package static let noun = "the name of a group"
  package static let rule =
    "1 to 63 lower-case letters, digits and inner hyphens, the first a letter"

  package init?(_ text: String) {
    guard DNSLabel.isValid(text), let first = text.utf8.first, !first.isDigit else { return nil }
    self.text = text
  }
}
