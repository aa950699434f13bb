/// A public host key, as known_hosts and `ssh-keyscan` write it: a type and Base64.
package struct HostKeyText: ValidatedText {
  package let text: String
  package static let noun = "a host key"
  package static let rule =
    "a type and Base64, as in /etc/ssh/ssh_host_ed25519_key.pub: \"ssh-ed25519 AAAA...\""

  package init?(_ text: String) {
    let words = text.split(separator: " ")
    // A comment may follow.
    guard words.count >= 2, Self.types.contains(String(words[0])),
      let blob = Self.bytes(ofBase64: words[1]), blob.count > 4 + words[0].utf8.count,
      blob.prefix(4).reduce(0, { $0 << 8 | Int($1) }) == words[0].utf8.count,
      blob.dropFirst(4).starts(with: words[0].utf8)
    else { return nil }
    self.text = "\(words[0]) \(words[1])"
  }

  private static let types: Set<String> = [
    "ssh-ed25519", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521", "ssh-rsa",
  ]

  /// RFC 4648, section 4; nil if the text is not Base64.
  private static func bytes(ofBase64 text: Substring) -> [UInt8]? {
    let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
    let digits = text.utf8.prefix { $0 != UInt8(ascii: "=") }
    let padding = text.utf8.count - digits.count
    guard text.utf8.count % 4 == 0, padding <= 2,
      text.utf8.suffix(padding).allSatisfy({ $0 == UInt8(ascii: "=") })
    else { return nil }
    var (bits, count, bytes) = (0, 0, [UInt8]())
    for digit in digits {
      guard let value = alphabet.firstIndex(of: digit) else { return nil }
      (bits, count) = (bits << 6 | value, count + 6)
      if count >= 8 {
        count -= 8
        bytes.append(UInt8(truncatingIfNeeded: bits >> count))
        bits &= 1 << count - 1
      }
    }
    return bytes
  }
}
