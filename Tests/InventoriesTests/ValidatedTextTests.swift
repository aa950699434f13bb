import Fleet
import Inventories
import TestSupport
import Testing

@Suite("Validated text")
struct ValidatedTextTests {
  /// A type, a text it allows, and whether it keeps everything out that is syntax somewhere.
  struct Kind: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let sample: String
    let forbidden: String
    let parse: @Sendable (String) -> String?

    init<Text: ValidatedText>(_ type: Text.Type, _ sample: String, forbidden: String) {
      testDescription = "\(type)"
      self.sample = sample
      self.forbidden = forbidden
      parse = { Text($0)?.text }
    }
  }

  static let syntax =
    ";{}\"'\\\n\r\t\0$` \u{7F}\u{1B}\u{85}\u{A0}\u{2028}\u{202E}\u{FEFF}()<>|&*?[]#!~%^=,:"

  static let kinds = [
    Kind(FleetName.self, "shop", forbidden: syntax + "./_@+A"),
    Kind(HostName.self, "edge-1.eu", forbidden: syntax + "/_@+A"),
    Kind(DomainName.self, "shop.example", forbidden: syntax + "/_@+A"),
    Kind(UserName.self, "admin", forbidden: syntax + "/+"),
    Kind(FileName.self, "index.html", forbidden: syntax + "/@+"),
    Kind(RemotePath.self, "/srv/shop", forbidden: syntax),
    Kind(
      CommonName.self, "Demo CA",
      forbidden: ";\"\\\n\r\t\0\u{7F}\u{1B}\u{85}\u{A0}\u{2028}\u{202E}\u{FEFF}<>#=,+/"),
    Kind(LocalPath.self, "certs/a b.crt", forbidden: "\n\r\t\0\u{7F}\u{1B}\u{85}"),
  ]

  @Test("no character with a syntactic meaning is accepted anywhere in a text", arguments: kinds)
  func syntaxIsRefused(_ kind: Kind) {
    #expect(kind.parse(kind.sample) == kind.sample)
    for scalar in kind.forbidden.unicodeScalars {
      for offset in 0...kind.sample.unicodeScalars.count {
        var text = kind.sample.unicodeScalars
        text.insert(scalar, at: text.index(text.startIndex, offsetBy: offset))
        #expect(
          kind.parse(String(text)) == nil, "U+\(String(scalar.value, radix: 16)) at \(offset)")
      }
    }
  }

  @Test("accepted texts stay unchanged", arguments: kinds)
  func fuzz(_ kind: Kind) {
    var random = SeededGenerator(seed: 7)
    var allowed = 0
    for _ in 0..<20_000 {
      var text = Array(kind.sample.unicodeScalars)
      for _ in 0..<Int.random(in: 1...3, using: &random) {
        let bound: UInt32 = Bool.random(using: &random) ? 0x7F : 0x10FFFF
        guard let scalar = Unicode.Scalar(UInt32.random(in: 0...bound, using: &random)) else {
          continue
        }
        text[Int.random(in: 0..<text.count, using: &random)] = scalar
      }
      var view = String.UnicodeScalarView()
      view.append(contentsOf: text)
      guard let kept = kind.parse(String(view)) else { continue }
      allowed += 1
      #expect(Array(kept.unicodeScalars) == text)
      #expect(!kept.unicodeScalars.contains(where: kind.forbidden.unicodeScalars.contains))
    }
    #expect(allowed > 0)
  }

  @Test(
    "texts at the edge of a rule",
    arguments: [
      (FleetName("") == nil, "empty"),
      (FleetName("-a") == nil, "hyphen first"),
      (FleetName("a-") == nil, "hyphen last"),
      (FleetName(String(repeating: "a", count: 63)) != nil, "63"),
      (FleetName(String(repeating: "a", count: 64)) == nil, "64"),
      (HostName("a..b") == nil, "empty label"),
      (HostName("198.18.0.1") == nil, "an address is not a host name"),
      (HostName("1") != nil, "a digit is a label"),
      (DomainName("localhost") == nil, "one label"),
      (DomainName("xn--bcher-kva.example") != nil, "international"),
      (DomainName("shop.example.") == nil, "final dot"),
      (DomainName("198.18.0.1") == nil, "an address is not a domain"),
      (UserName("-oProxyCommand") == nil, "an option is not a user"),
      (FileName("..") == nil, "parent"),
      (FileName(".htaccess") == nil, "hidden"),
      (RemotePath("/") == nil, "root"),
      (RemotePath("/a/../b") == nil, "parent step"),
      (RemotePath("/a/./b") == nil, "same step"),
      (RemotePath("/a//b") == nil, "empty step"),
      (RemotePath("/a/") == nil, "slash at the end"),
      (RemotePath("/a/.well-known") != nil, "hidden step"),
      (CommonName(" a") == nil, "space first"),
      (CommonName("a ") == nil, "space last"),
      (CommonName(String(repeating: "é", count: 48)) != nil, "48 characters"),
      (CommonName(String(repeating: "é", count: 49)) == nil, "49 characters"),
      (LocalPath("") == nil, "no path"),
      (Port(0) == nil && Port(65536) == nil && Port(-1) == nil, "ports"),
      (Port(1)?.number == 1 && Port(65535)?.number == 65535, "ports"),
    ])
  func edges(_ holds: Bool, _ what: String) {
    #expect(holds, "\(what)")
  }
}
