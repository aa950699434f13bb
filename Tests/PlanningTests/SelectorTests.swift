import Fleet
import FleetLiterals
import Inventories
import Testing

@Suite("A selector")
struct SelectorTests {
  private static let labels: [HostName: [String: String]] = [
    "app-1": ["region": "eu"], "app-2": ["region": "us"], "edge-1": ["region": "eu", "tier": ""],
    "edge-2": [:],
  ]

  @Test(
    "selects by name, glob and label, and leaves out what ! names",
    arguments: [
      ("app-1", "app-1"), ("app-1,edge-2", "app-1 edge-2"), ("app-*", "app-1 app-2"),
      ("*-1", "app-1 edge-1"), ("app-?", "app-1 app-2"), ("*", "app-1 app-2 edge-1 edge-2"),
      ("region=eu", "app-1 edge-1"), ("region=*", "app-1 app-2 edge-1"), ("region=", ""),
      ("tier=", "edge-1"), ("!app-1", "app-2 edge-1 edge-2"), ("*,!app-*", "edge-1 edge-2"),
      ("region=eu,!edge-*", "app-1"), ("!region=eu", "app-2 edge-2"),
      ("app-1 , edge-2", "app-1 edge-2"), (" app-1,! edge-1 ", "app-1"), ("APP-1", ""),
      ("app", ""), ("app-1,!app-1", ""),
    ])
  func selects(_ text: String, _ names: String) throws {
    let selector = try #require(Selector(text))
    let selected = Self.labels.keys.sorted().filter {
      selector.matches($0, labels: Self.labels[$0] ?? [:])
    }
    #expect(selected.joined(separator: " ") == names)
  }

  @Test("has no empty term", arguments: ["", ",", "a,", ",a", "a,,b", "!", "a,!", " ", "! "])
  func emptyTerms(_ text: String) {
    #expect(Selector(text) == nil)
  }

  @Test("without terms selects all hosts")
  func all() { #expect(Selector.all.matches("any")) }

  @Test(
    "names its terms that match no host, including those that exclude",
    arguments: [
      ("app-1", ""), ("app-9", "app-9"), ("gone-1", ""), ("app-1,x*,k=v", "x* k=v"),
      ("!edge-9", "!edge-9"), ("*,!app-1", ""), ("*,!k=v", "!k=v"),
    ])
  func unmatched(_ text: String, _ unmatched: String) throws {
    let selector = try #require(Selector(text))
    let (inventory, _) = Scenario.inventory(
      """
      fleet: shop
      ca: {name: CA, passphrase: {env: X}}
      front_ends: {edge-1: {address: 198.18.0.10}}
      back_ends: {app-1: {address: 198.18.0.21}}
      sites:
        a.example: {front_ends: all, back_ends: all, certificate: {ca: true},
          back_end: {root: /srv}}
      """)
    let hosts = try #require(inventory).hosts
    #expect(
      selector.unmatchedNames(among: hosts, others: ["gone-1"]).joined(separator: " ")
        == unmatched)
  }

  @Test(
    "knows * and ? as the shell does",
    arguments: [
      ("", "", true), ("", "*", true), ("", "?", false), ("abc", "abc", true), ("abc", "a*c", true),
      ("abc", "a?c", true), ("abc", "a?", false), ("abc", "*b*", true), ("abc", "**", true),
      ("aab", "a*ab", true), ("abab", "*ab", true), ("mississippi", "m*iss*pi", true),
      ("mississippi", "m*iss*pa", false), ("a", "a**", true), ("ab", "*?*?", true),
      ("ab", "*?*?*?", false),
    ])
  func globs(_ text: String, _ glob: String, _ isMatch: Bool) {
    #expect(WildcardPattern(glob).matches(text) == isMatch)
  }

  @Test("is not slow if a pattern has many stars")
  func manyStars() {
    let pattern = String(repeating: "a*", count: 200) + "b"
    #expect(!WildcardPattern(pattern).matches(String(repeating: "a", count: 5_000)))
  }
}
