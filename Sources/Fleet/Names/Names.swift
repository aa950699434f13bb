/// The name of a fleet; the state is named after it, and it never changes.
package struct FleetName: ValidatedText {
  package let text: String
  package static let noun = "a fleet name"
  package static let rule = "1 to 63 lower-case letters, digits and inner hyphens"

  package init?(_ text: String) {
    guard DNSLabel.isValid(text) else { return nil }
    self.text = text
  }
}

/// A host's name in the inventory; also the common name of its certificates.
package struct HostName: ValidatedText {
  package let text: String
  package static let noun = "a host name"
  package static let rule =
    "lower-case letters, digits and inner hyphens, in labels of at most 63 joined by dots, "
    + "at most 64 in all, and not an address"

  package init?(_ text: String) {
    guard text.utf8.count <= 64, DNSLabel.areValid(text), IPAddress(text) == nil else {
      return nil
    }
    self.text = text
  }

  /// The order in which hosts are shown and changed: `app-2` before `app-10`. What is stored or rendered has the
  /// order of the texts.
  package static func < (left: HostName, right: HostName) -> Bool {
    NaturalOrder.isBefore(left.text, right.text)
  }
}

/// A domain name in lower-case ASCII (RFC 1123; an international name in its `xn--` form).
///
/// It is shorter than RFC 1123 allows, because files are named after it.
package struct DomainName: ValidatedText {
  package let text: String
  package static let noun = "a domain name"
  package static let rule =
    "at least two labels of lower-case letters, digits and inner hyphens, joined by dots, "
    + "at most 230 in all, and not an address; an international name in its xn-- form"

  package static func repair(_ text: String) -> String? {
    asciiForm(of: text) ?? String(text.lowercased().map { $0 == "_" ? "-" : $0 })
  }

  package init?(_ text: String) {
    guard text.utf8.count <= 230, DNSLabel.areValid(text), text.utf8.contains(UInt8(ascii: ".")),
      IPAddress(text) == nil
    else { return nil }
    self.text = text
  }
}

/// The common name of a CA: printable, without the characters that distinguished names use
/// as syntax.
package struct CommonName: ValidatedText {
  package let text: String
  package static let noun = "a common name"
  package static let rule = limits(upTo: longest)
  private static let longest = 48

  package init?(_ text: String) {
    guard Self.isDistinguishedText(text, upTo: Self.longest) else { return nil }
    self.text = text
  }

  /// The rule for fields of a distinguished name, for messages.
  package static func limits(upTo longest: Int) -> String {
    "1 to \(longest) printable characters without , + = < > # ; \\ \" / and without outer spaces"
  }

  /// Whether the text may be a field of a distinguished name.
  package static func isDistinguishedText(_ text: String, upTo longest: Int) -> Bool {
    (1...longest).contains(text.unicodeScalars.count)
      && text.unicodeScalars.first != " " && text.unicodeScalars.last != " "
      && text.unicodeScalars.allSatisfy { scalar in
        scalar.isPrintableText && !",+=<>#;\\\"/".unicodeScalars.contains(scalar)
      }
  }
}

/// A user name for logging in, also one of a directory service: `anna@corp.example`.
package struct UserName: ValidatedText {
  package let text: String
  package static let noun = "a user name"
  package static let rule =
    "1 to 128 letters, digits, dots, underscores, hyphens and at signs, not first a hyphen or at sign"
  package static let root = UserName(unchecked: "root")

  package init?(_ text: String) {
    guard (1...128).contains(text.utf8.count), let first = text.utf8.first,
      !"-@".utf8.contains(first),
      text.utf8.allSatisfy({ $0.isLetterOrDigit || "._-@".utf8.contains($0) })
    else { return nil }
    self.text = text
  }

  private init(unchecked text: String) { self.text = text }
}

/// The name of one file, such as `index.html`.
package struct FileName: ValidatedText {
  package let text: String
  package static let noun = "a file name"
  package static let rule =
    "1 to 255 letters, digits, dots, underscores and hyphens, not first a dot or hyphen"
  package static let index = FileName(unchecked: "index.html")
  package static let phpIndex = FileName(unchecked: "index.php")

  package init?(_ text: String) {
    guard (1...255).contains(text.utf8.count), let first = text.utf8.first,
      first.isLetterOrDigit || first == UInt8(ascii: "_"),
      text.utf8.allSatisfy({ $0.isLetterOrDigit || "._-".utf8.contains($0) })
    else { return nil }
    self.text = text
  }

  private init(unchecked text: String) { self.text = text }
}

/// An absolute path on a host.
package struct RemotePath: ValidatedText {
  package let text: String
  package static let noun = "a path on a host"
  package static let rule =
    "an absolute path of letters, digits and . _ - + @ /, without . or .. as a step and without "
    + "/ at its end"

  package init?(_ text: String) {
    guard (2...1024).contains(text.utf8.count), text.utf8.first == UInt8(ascii: "/"),
      text.utf8.allSatisfy({ $0.isLetterOrDigit || "._-+@/".utf8.contains($0) }),
      !text.split(separator: "/", omittingEmptySubsequences: false).dropFirst()
        .contains(where: { $0.isEmpty || $0 == "." || $0 == ".." })
    else { return nil }
    self.text = text
  }
}
