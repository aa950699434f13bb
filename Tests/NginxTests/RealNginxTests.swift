import Fleet
import Foundation
import Inventories
import TestSupport
import Testing

@testable import Nginx

extension NginxHost {
  /// Gives the host whatever a case's configuration names.
  func installEverything(of item: ConfigurationCase, from ca: TestCA) throws {
    try install(
      certificates: ca, trusting: ca, item.inventory.sites,
      responder: "http://127.0.0.1:2560")
    try ca.issue("serverAuth", "blog", names: ["blog.example"], to: url("blog/leaf"))
    for role in Role.allCases {
      try write(
        "proxy_read_timeout 300s;\n",
        to: "current/nginx/snippets/\(role.rawValue)/shop.example.conf")
    }
  }
}

@Suite(
  "The real nginx", .requires(Command.canRunNginx, "needs root, nginx, openssl, curl and ip"),
  .serialized)
struct RealNginxTests {
  /// The installed nginx knows no `http2` directive where it is older than 1.25.1: without that one
  /// line the rest must pass. A newer one warns of what older versions need in its place.
  @Test("accepts every configuration without a warning", arguments: ConfigurationCase.all)
  func accepts(_ item: ConfigurationCase) throws {
    let installed = try #require(Version(try Command("nginx", "-v").output))
    let ca = try TestCA("Test CA")
    let host = try NginxHost()
    try host.install(
      item.files.map { file in
        guard item.version.hasHTTP2Directive, !installed.hasHTTP2Directive else { return file }
        return ConfigurationFile(
          path: file.path, text: file.text.replacing("    http2  on;\n", with: ""))
      })
    try host.installEverything(of: item, from: ca)
    let test = try Command("unshare", "-n", "nginx", "-t", "-c", host.url("nginx.conf").path())
    #expect(test.status == 0, "\(test.output)")
    let warnings = test.output.split(separator: "\n").filter { line in
      line.contains("[warn]")
        && (item.version.hasHTTP2Directive || !line.contains("http2\" directive is deprecated"))
    }
    #expect(warnings == [])
  }

  @Test("reads hostile text as the argument that it was")
  func hostileText() throws {
    var random = SeededGenerator64(state: 20_26)
    let syntax = " \t\r\n;{}\"'\\#/:.=()[]|~^*"
    let alphabet = Array((syntax + "ntrx0aé€😀\u{301}\u{7F}\u{1}").unicodeScalars)
    let texts =
      ["", "\\", "\\\\", "\"", "'", "\"'", "\"\u{301}", "#", "\\n", "\r\n", "}", "a;b", "a\"b'c"]
      + (0..<300).map { _ in
        var text = String.UnicodeScalarView()
        for _ in 0...Int.random(in: 0..<20, using: &random) {
          text.append(alphabet[Int.random(in: 0..<alphabet.count, using: &random)])
        }
        return String(text)
      }
    let locations = try texts.enumerated().map { position, text in
      let argument = try #require(Argument(text: text))
      return Paragraph([
        Directive(
          "location", "=", "/\(position)",
          block: [Paragraph([Directive("return", "200", argument)])])
      ])
    }
    let server = Directive("server", block: [Paragraph([Directive("listen", "8099")])] + locations)
    let host = try NginxHost()
    try host.install([ConfigurationFile(path: .main, text: Writer.text(of: [Paragraph([server])]))])
    try host.write("", to: "answers/.keep")
    _ = try Command.script(
      """
      unshare --net --pid --fork --kill-child sh -euc '
        ip link set lo up; cd "$1"; nginx -c "$1/nginx.conf"
        curl -sf -o "answers/#1" "http://127.0.0.1:8099/[0-\(texts.count - 1)]"
      ' sh '\(host.path)'
      """)
    for (position, text) in texts.enumerated() {
      let file = host.url("answers/\(position)").path(percentEncoded: false)
      let answer = FileManager.default.contents(atPath: file) ?? Data()
      #expect(answer == Data(text.utf8), "argument \(position): \(text.debugDescription)")
    }
  }

  @Test("never gets text that could be a variable", arguments: ["$host", "a$", "${uri}", "a\0b"])
  func noVariables(text: String) { #expect(Argument(text: text) == nil) }
}

/// Steele, Lea, Flood: "Fast splittable pseudorandom number generators", 2014.
struct SeededGenerator64: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var bits = state
    bits = (bits ^ (bits >> 30)) &* 0xBF58_476D_1CE4_E5B9
    bits = (bits ^ (bits >> 27)) &* 0x94D0_49BB_1331_11EB
    return bits ^ (bits >> 31)
  }
}
