import Fleet

/// The name of an ACME account in the inventory; files are named after it.
package struct ACMEAccountName: ValidatedText {
  package let text: String
  package static let noun = "the name of an ACME account"
  package static let rule = "1 to 63 lower-case letters, digits and inner hyphens"
  /// The account that `acme:` itself describes.
  package static let `default` = ACMEAccountName(unchecked: "default")

  package init?(_ text: String) {
    guard FleetName(text) != nil else { return nil }
    self.text = text
  }

  private init(unchecked text: String) { self.text = text }
}

/// The URL of an ACME directory (RFC 8555, 7.1.1), or the name of a well-known one.
package struct DirectoryURL: ValidatedText {
  /// The URL.
  package let text: String
  package static let noun = "an ACME directory"
  package static let rule =
    "letsencrypt, letsencrypt-staging, or an https:// URL of printable ASCII without spaces and user"
  package static let letsEncrypt = DirectoryURL(
    unchecked: "https://acme-v02.api.letsencrypt.org/directory")
  package static let letsEncryptStaging = DirectoryURL(
    unchecked: "https://acme-staging-v02.api.letsencrypt.org/directory")

  package init?(_ text: String) {
    switch text {
    case "letsencrypt": self = .letsEncrypt
    case "letsencrypt-staging": self = .letsEncryptStaging
    default:
      let scheme = "https://"
      guard text.hasPrefix(scheme), text.utf8.count <= 1024,
        text.utf8.allSatisfy({ (0x21...0x7E).contains($0) }),
        !text.utf8.contains(where: { "@\"\\<>#{}".utf8.contains($0) }),
        let first = text.dropFirst(scheme.count).utf8.first,
        first.isLetterOrDigit || first == UInt8(ascii: "[")
      else { return nil }
      self.text = text
    }
  }

  private init(unchecked text: String) { self.text = text }

  /// The domains by which CAA records name the CA (RFC 8659, 4.2); nil if they are not known.
  package var caaIdentities: Set<String>? {
    [Self.letsEncrypt, .letsEncryptStaging].contains(self) ? ["letsencrypt.org"] : nil
  }

  /// The server's name, with the port if it is not the usual one, for messages.
  package var server: String {
    String(text.dropFirst("https://".count).prefix { $0 != "/" && $0 != "?" })
  }
}

/// A mail address as ACME servers accept it for contact.
package struct MailAddress: ValidatedText {
  package let text: String
  package static let noun = "a mail address"
  package static let rule =
    "NAME@DOMAIN in printable ASCII, without spaces, commas and question marks"

  package init?(_ text: String) {
    let parts = text.split(separator: "@", omittingEmptySubsequences: false)
    guard parts.count == 2, !parts[0].isEmpty, DomainName(String(parts[1])) != nil,
      (3...254).contains(text.utf8.count),
      text.utf8.allSatisfy({ (0x21...0x7E).contains($0) && !",?%#&\"<>\\".utf8.contains($0) })
    else { return nil }
    self.text = text
  }
}

/// A name that a certificate may contain: a domain name, or a wildcard such as `*.shop.example`.
package struct CertificateName: ValidatedText {
  package let text: String
  package static let noun = "a name of a certificate"
  package static let rule = "a domain name, alone or after *. for the names below it"

  package init?(_ text: String) {
    let domain = text.hasPrefix("*.") ? String(text.dropFirst(2)) : text
    guard DomainName(domain) != nil else { return nil }
    self.text = text
  }

  package var isWildcard: Bool { text.hasPrefix("*.") }
}

/// The thumbprint of an ACME account's key (RFC 7638), which answers HTTP-01 challenges: public, and constant.
package struct AccountThumbprint: ValidatedText {
  package let text: String
  package static let noun = "the thumbprint of an account key"
  package static let rule = "43 characters of base64url"

  package init?(_ text: String) {
    guard text.utf8.count == 43,
      text.utf8.allSatisfy({ $0.isLetterOrDigit || "-_".utf8.contains($0) })
    else { return nil }
    self.text = text
  }
}
