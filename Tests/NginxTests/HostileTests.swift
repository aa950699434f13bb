import Diagnostics
import Firewall
import Fleet
import Foundation
import Inventories
import Nginx
import TestSupport
import Testing

/// A value of the inventory that is not to be believed.
private struct Field: Sendable {
  /// A text that occurs only in the inventory.
  let usual: String
  /// What files have of a value that was accepted.
  var rendered: @Sendable (String) -> String = { $0 }

  /// Whether a value is an address of the other family than the usual one.
  func changesFamily(to value: String) -> Bool {
    guard let old = AddressRange(usual), let new = AddressRange(value) else { return false }
    return old.address.bitWidth != new.address.bitWidth
  }

  /// A header's value may have nearly everything that nginx's lexer knows.
  static let header = #"zq; 'x' "y" \n {z} #"#

  static let all = [
    Field(usual: "zqfleet"), Field(usual: "zqedge"), Field(usual: "zqapp"),
    Field(usual: "zqdomain.example"), Field(usual: "www.zqalias.example"),
    Field(usual: "/zqroot/public"), Field(usual: "/zqcert/leaf.crt"),
    Field(usual: "/zqcert/leaf.key"), Field(usual: "X-Zq-Name"), Field(usual: Self.header),
    Field(usual: "X-Zq-Client"), Field(usual: "77m"), Field(usual: "/zqrun/app.sock"),
    Field(usual: "zqindex.php"),
    Field(usual: "192.0.2.53", rendered: { IPAddress($0)?.description ?? "" }),
    Field(usual: "2001:db8::10", rendered: { IPAddress($0)?.description ?? "" }),
    Field(usual: "2001:db8::77", rendered: { IPAddress($0)?.description ?? "" }),
    Field(usual: "192.0.2.128/25", rendered: { AddressRange($0)?.description ?? "" }),
    Field(usual: "198.51.100.128/26", rendered: { AddressRange($0)?.description ?? "" }),
    Field(usual: "7777s", rendered: { (Period($0)?.seconds).map { "\($0)s" } ?? "" }),
  ]
}

/// An inventory in which each field's value can be any text at all.
private struct HostileInventory {
  var values = Dictionary(uniqueKeysWithValues: Field.all.map { ($0.usual, $0.usual) })

  private static let template = """
    fleet: <zqfleet>
    ca: {name: Shop CA}
    front_ends: {<zqedge>: {address: <2001:db8::10>}}
    back_ends: {<zqapp>: {address: <2001:db8::77>}}
    sites:
      <zqdomain.example>:
        aliases: [<www.zqalias.example>]
        front_ends: [<zqedge>]
        back_ends: [<zqapp>]
        certificate: {installed: {certificate: </zqcert/leaf.crt>, key: </zqcert/leaf.key>}}
        cdn: {ranges: [<192.0.2.128/25>], header: <X-Zq-Client>}
        stapling: {chain: "chain.pem", resolver: [<192.0.2.53>]}
        timeouts: {send: <7777s>}
        max_body_size: <77m>
        headers: {<X-Zq-Name>: <\(Field.header)>}
        back_end: {fastcgi: <unix:/zqrun/app.sock>, root: </zqroot/public>, index: <zqindex.php>}
    firewall: {allow: [{port: 9100, from: [<198.51.100.128/26>]}], engine: nftables}
    """

  /// With each value as a quoted scalar, so that YAML itself gives it no meaning.
  var text: String {
    Field.all.reduce(Self.template) { text, field in
      let value = values[field.usual] ?? ""
      return text.replacing("<\(field.usual)>", with: Self.quoted(value))
        .replacing("<unix:\(field.usual)>", with: Self.quoted("unix:" + value))
    }
  }

  private static func quoted(_ text: String) -> String {
    "\""
      + text.unicodeScalars.map { scalar in
        let hex = String(scalar.value, radix: 16)
        return "\\U" + String(repeating: "0", count: 8 - hex.count) + hex
      }.joined() + "\""
  }

  /// What the files of its hosts say, comments aside; nil where it is refused.
  func rendered() throws -> (directives: [String: [ConfigurationReader.Parsed]], rules: [String])? {
    guard
      var inventory = Inventory.read(SourceText(file: "i.yml", text: text)).inventory
    else { return nil }
    var directives: [String: [ConfigurationReader.Parsed]] = [:]
    var rules: [String] = []
    for (index, host) in inventory.hosts.sorted(by: {
      $0.roles.contains(.frontEnd) && !$1.roles.contains(.frontEnd)
    }).enumerated() {
      for version in [Version(1, 18, 0), Version(1, 26, 3)] {
        for file in configuration(for: host, in: inventory, nginx: version) {
          directives["\(index) \(version) \(file.path)"] = try ConfigurationReader.read(file.text)
        }
      }
      for engine in FirewallPolicy.Engine.allCases {
        inventory.firewall.engine = engine
        rules += ruleset(for: host, in: inventory).files.flatMap { file in
          // As the programs see lines: at the newline alone.
          file.text.utf8.split(separator: UInt8(ascii: "\n")).map { String(Substring($0)) }
            .filter { !$0.drop { $0 == " " }.hasPrefix("#") }
        }
      }
    }
    return (directives, rules)
  }
}

extension ConfigurationReader.Parsed {
  fileprivate func has(_ word: String) -> Bool {
    words.contains(word) || block?.contains { $0.has(word) } ?? false
  }
}

@Suite("Hostile inventories")
struct HostileTests {
  private static let splinters = [
    ";", "}", "{", "\n", "\r", "\r\n", "\t", " ", "#", "\"", "'", "\\", "$", "$host", "${uri}",
    "`id`", "$(id)", "&&", "|", ">", "<", "*", "?", "!", "~", "%", ":", "=", ",", "..", "/", "/../",
    "@", "-", "--", "_", "\0", "\u{1B}[2J", "\u{7F}", "\u{85}", "\u{2028}", "\u{202E}", "\u{FEFF}",
    "é", "ａ", "１", "漢", "😀", "e\u{301}", "; return 200;", "} server { listen 1;",
    "\n} http {", " accept; }", "\n-A INPUT -j ACCEPT", "include /etc/passwd", "unix:", "http://",
    "0", "1", "x", "Z", ".", "9", "a-b", "0x1", "00", "256", "/0", "/33", "::",
  ]

  private func mutated(_ usual: String, _ random: inout SeededGenerator64) -> String {
    var scalars = Array(usual.unicodeScalars)
    if Bool.random(using: &random) {
      // Likely to be as good as the usual one.
      let index = Int.random(in: 0..<scalars.count, using: &random)
      scalars[index] = Array("0123456789abkmz".unicodeScalars).randomElement(using: &random) ?? "0"
      return String(String.UnicodeScalarView(scalars))
    }
    for _ in 0..<Int.random(in: 1...2, using: &random) {
      let splinter = Array((Self.splinters.randomElement(using: &random) ?? "").unicodeScalars)
      let start = Int.random(in: 0...scalars.count, using: &random)
      switch Int.random(in: 0..<4, using: &random) {
      case 0: scalars = splinter
      case 1 where start < scalars.count: scalars[start..<(start + 1)] = splinter[...]
      case 2: scalars += splinter
      default: scalars.insert(contentsOf: splinter, at: start)
      }
    }
    return String(String.UnicodeScalarView(scalars))
  }

  /// Ten thousand take long without optimisation: `DEPLOY_FUZZ=10000` has them.
  private static let count =
    TestSetting.number("DEPLOY_FUZZ") ?? 300

  @Test(
    "are refused, or give the same directives and rules as a harmless one, with their text as text")
  func hostile() throws {
    let tame = try #require(try HostileInventory().rendered())
    #expect(tame.directives.values.joined().contains { $0.has(Field.header) })
    var random = SeededGenerator64(state: 20_261_125)
    var accepted: [String: Int] = [:]
    var refused: [String: Int] = [:]
    for _ in 0..<Self.count {
      var inventory = HostileInventory()
      let fields = Field.all.shuffled(using: &random).prefix(Int.random(in: 1...2, using: &random))
      for field in fields { inventory.values[field.usual] = mutated(field.usual, &random) }
      guard let found = try inventory.rendered() else {
        for field in fields { refused[field.usual, default: 0] += 1 }
        continue
      }
      for field in fields { accepted[field.usual, default: 0] += 1 }
      // IPv6 has other rules, and is written in brackets.
      if fields.contains(where: { $0.changesFamily(to: inventory.values[$0.usual] ?? "") }) {
        continue
      }
      let expected = replacements(fields, inventory)
      #expect(
        found.rules == tame.rules.map(expected), "\(inventory.values.values.sorted())")
      #expect(
        Dictionary(
          uniqueKeysWithValues: tame.directives.map { (expected($0), $1.map { $0.map(expected) }) })
          == found.directives, "\(inventory.values.values.sorted())")
    }
    print(
      "hostile inventories: seed 20261125, \(Self.count), refused \(refused), accepted \(accepted)")
    for field in Field.all {
      #expect(accepted[field.usual] != nil, "no mutation of \(field.usual) is ever accepted")
      #expect(refused[field.usual] != nil, "no mutation of \(field.usual) is ever refused")
    }
  }

  /// Puts what was accepted in the place of what is usual, in one pass.
  private func replacements(
    _ fields: ArraySlice<Field>, _ inventory: HostileInventory
  ) -> (String) -> String {
    let plain = fields.map { field in
      (
        usual: field.rendered(field.usual),
        value: field.rendered(inventory.values[field.usual] ?? "")
      )
    }
    // In patterns too, in which a dot is not syntax.
    let pairs =
      plain
      + plain.map { pair in
        (
          usual: pair.usual.replacing(".", with: "[.]"),
          value: pair.value.replacing(".", with: "[.]")
        )
      }
    return { text in
      var result = ""
      var rest = text[...]
      while !rest.isEmpty {
        if let pair = pairs.first(where: { rest.hasPrefix($0.usual) }) {
          result += pair.value
          rest = rest.dropFirst(pair.usual.count)
        } else {
          result.append(rest.removeFirst())
        }
      }
      return result
    }
  }
}
