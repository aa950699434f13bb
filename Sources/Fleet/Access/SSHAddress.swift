/// Where SSH connects to instead of the host's address (`ssh.address`): an address, a name in the DNS, or an alias of
/// the user's ssh configuration.
package struct SSHAddress: ValidatedText {
  package let text: String
  /// The address, if it is one and no name.
  package let numeric: IPAddress?

  package static let noun = "where SSH connects to"
  package static let rule =
    "an IP address, or a name or an alias of letters, digits, dots, underscores and hyphens"

  package init?(_ text: String) {
    numeric = IPAddress(text)
    guard
      numeric != nil
        || (1...253).contains(text.utf8.count) && text.utf8.first?.isLetterOrDigit == true
          && text.utf8.allSatisfy({ $0.isLetterOrDigit || "._-".utf8.contains($0) })
          // Only digits and dots are meant as an address.
          && !text.utf8.allSatisfy({ $0.isDigit || $0 == UInt8(ascii: ".") })
    else { return nil }
    self.text = text
  }

  /// A name is written as it is: the ssh configuration distinguishes upper and lower case.
  package static func repair(_ text: String) -> String? { nil }
}
