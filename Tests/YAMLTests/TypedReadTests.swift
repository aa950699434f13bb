import Diagnostics
import Testing
import YAML

@Suite("Typed reads")
struct TypedReadTests {
  private func read<Value>(
    _ text: String, _ body: (Node, inout DiagnosticCollector) -> Value?
  ) -> (Value?, [String]) {
    guard let node = Node.parse(SourceText(file: "a", text: text)).node else {
      return (nil, ["not YAML"])
    }
    var found = DiagnosticCollector()
    let value = body(node, &found)
    return (value, found.sorted.map(\.detail))
  }

  @Test(
    "a word is text, as in YAML 1.2: the country NO stays a country",
    arguments: ["NO", "no", "yes", "on", "off", "y", "1.10", "012", "0x1F", "true", "'~'"])
  func words(_ text: String) {
    let (value, said) = read(text) { $0.text(&$1) }
    #expect(value == text.filter { $0 != "'" })
    #expect(said.isEmpty)
  }

  @Test("only true and false are booleans", arguments: ["yes", "no", "on", "'true'", "1", "[]"])
  func notBooleans(_ text: String) {
    let (value, said) = read(text) { $0.boolean(&$1) }
    #expect(value == nil)
    #expect(said.count == 1)
  }

  @Test(
    "a text that means true or false is reported with the value to write",
    arguments: [("yes", "true"), ("On", "true"), ("'true'", "true"), ("no", "false")])
  func meantBooleans(_ text: String, _ meant: String) {
    #expect(
      read(text) { $0.boolean(&$1) }.1 == [
        "expected true or false, found text. Write \(meant), without quotes."
      ])
  }

  @Test("true and false are read in each spelling of the core schema")
  func booleans() {
    for text in ["true", "True", "TRUE"] { #expect(read(text) { $0.boolean(&$1) }.0 == true) }
    for text in ["false", "False", "FALSE"] { #expect(read(text) { $0.boolean(&$1) }.0 == false) }
  }

  @Test(
    "whole numbers are decimal, octal or hexadecimal",
    arguments: [
      ("0", 0), ("22", 22), ("022", 22), ("+7", 7), ("-7", -7), ("0o17", 15), ("0x1bB", 443),
    ])
  func integers(_ text: String, _ number: Int) {
    #expect(read(text) { $0.integer(in: -100...1000, &$1) }.0 == number)
  }

  @Test(
    "a text that is not a whole number is reported",
    arguments: [
      ("'22'", "expected a whole number, found text."),
      ("2.5", "expected a whole number, found a number."),
      ("1_000", "expected a whole number, found text."),
      ("0o8", "expected a whole number, found text."),
      ("true", "expected a whole number, found true or false."),
      ("~", "expected a whole number, found nothing."),
      ("[1]", "expected a whole number, found a list."),
      ("{a: 1}", "expected a whole number, found a mapping."),
      ("1001", "\"1001\" is not a whole number from 0 to 1000."),
      ("99999999999999999999", "\"99999999999999999999\" is not a whole number from 0 to 1000."),
    ])
  func notIntegers(_ text: String, _ detail: String) {
    let (value, said) = read(text) { $0.integer(in: 0...1000, &$1) }
    #expect(value == nil)
    #expect(said == [detail])
  }
}
