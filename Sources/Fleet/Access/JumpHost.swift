/// A host to go through, as OpenSSH's ProxyJump writes it.
package struct JumpHost: ValidatedText {
  package let text: String
  package let user: UserName?
  /// A name, an alias of the user's ssh configuration, or an address without brackets.
  package let host: String
  package let port: Port?

  package static let noun = "a jump host"
  package static let rule =
    "[user@]host[:port], with a name, an IPv4 address or an IPv6 address in brackets"

  package init?(_ text: String) {
    var rest = text[...]
    var user: UserName?
    if let at = rest.lastIndex(of: "@") {
      user = UserName(String(rest[..<at]))
      guard user != nil else { return nil }
      rest = rest[rest.index(after: at)...]
    }
    var host = rest
    var port: Substring?
    if rest.hasPrefix("[") {
      guard let end = rest.firstIndex(of: "]") else { return nil }
      host = rest[rest.index(after: rest.startIndex)..<end]
      guard IPAddress(String(host)) != nil else { return nil }
      let behind = rest[rest.index(after: end)...]
      guard behind.isEmpty || behind.hasPrefix(":") else { return nil }
      port = behind.isEmpty ? nil : behind.dropFirst()
    } else if let colon = rest.firstIndex(of: ":") {
      host = rest[..<colon]
      port = rest[rest.index(after: colon)...]
    }
    guard Self.isHost(host) || rest.hasPrefix("[") else { return nil }
    let number = port.map { $0.utf8.allSatisfy(\.isDigit) ? Int($0).flatMap { Port($0) } : nil }
    if case .some(nil) = number { return nil }
    self.text = text
    self.user = user
    self.host = String(host)
    self.port = number ?? nil
  }

  private static func isHost(_ text: Substring) -> Bool {
    (1...253).contains(text.utf8.count) && text.utf8.first?.isLetterOrDigit == true
      && text.utf8.allSatisfy { $0.isLetterOrDigit || "._-".utf8.contains($0) }
  }
}
