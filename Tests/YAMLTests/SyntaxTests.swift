import Diagnostics
import TestSupport
import Testing
import YAML

@Suite("Reading YAML")
struct SyntaxTests {
  @Test("each case is read or refused as its file says", arguments: try CaseFile.all())
  func cases(_ file: CaseFile) throws {
    let source = SourceText(file: "input.yml", text: file.input)
    let (node, diagnostics) = Node.parse(source)
    #expect((node == nil) == diagnostics.contains { $0.severity == .error })
    let said = DiagnosticRenderer(sources: [source]).render(diagnostics).rendered
    #expect(try file.mismatch(said + (node.map { $0.outline() } ?? "")) == nil)
  }

  @Test("each mistake of the catalogue has a case, or is among the ones made here")
  func catalogue() throws {
    let cases = try CaseFile.all()
    let made = Set(
      [Self.notUTF8, Self.tooLarge].flatMap { Node.parse($0).diagnostics.map(\.summary) })
    for mistake in SyntaxMistake.allCases where !made.contains(mistake.rawValue) {
      #expect(
        cases.contains { $0.expected.contains("error: \(mistake.rawValue)\n") },
        "\(mistake)")
    }
  }

  private static let notUTF8 = SourceText(
    file: "input.yml", bytes: Array("name: é\nb: ".utf8) + [0xFF, 0x0A])
  private static let tooLarge = SourceText(
    file: "input.yml", bytes: Array(repeating: UInt8(ascii: "#"), count: Limits().bytes + 1))

  @Test("bytes that are not UTF-8 are refused at their place")
  func encoding() {
    let (node, diagnostics) = Node.parse(Self.notUTF8)
    #expect(node == nil)
    #expect(diagnostics.map(\.place?.description) == ["input.yml:2:4"])
    #expect(diagnostics.map(\.summary) == [SyntaxMistake.notUTF8.rawValue])
  }

  @Test("UTF-16 is refused, and a UTF-8 byte order mark is skipped")
  func byteOrderMarks() {
    let utf16 = SourceText(file: "a", bytes: [0xFF, 0xFE, 0x61, 0, 0x3A, 0, 0x20, 0, 0x31, 0])
    #expect(Node.parse(utf16).diagnostics.map(\.summary) == [SyntaxMistake.notUTF8.rawValue])
    let marked = SourceText(file: "a", bytes: [0xEF, 0xBB, 0xBF] + Array("[{}]".utf8))
    #expect(Node.parse(marked).node?.outline() == "1:1 list\n  1:2 mapping\n")
  }

  @Test("a file at the size limit is read, one byte more is not")
  func size() {
    let limits = Limits(bytes: 4)
    #expect(Node.parse(SourceText(file: "a", text: "[12]"), limits: limits).node != nil)
    let (node, diagnostics) = Node.parse(SourceText(file: "a", text: "[123]"), limits: limits)
    #expect(node == nil)
    #expect(diagnostics.map(\.summary) == [SyntaxMistake.tooLarge.rawValue])
    #expect(Node.parse(Self.tooLarge).node == nil)
  }

  @Test("collections may be nested to the limit and no deeper", arguments: [63, 64, 65, 20_000])
  func depth(_ depth: Int) {
    let text = String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
    let (node, diagnostics) = Node.parse(SourceText(file: "a", text: text))
    #expect((node != nil) == (depth <= 64))
    #expect(diagnostics.map(\.summary) == (depth <= 64 ? [] : [SyntaxMistake.tooDeep.rawValue]))
  }

  @Test("an alias counts with the depth of what it repeats")
  func depthThroughAliases() {
    let inner = String(repeating: "[", count: 40) + String(repeating: "]", count: 40)
    let outer = String(repeating: "[", count: 30) + "*a" + String(repeating: "]", count: 30)
    let (node, diagnostics) = Node.parse(
      SourceText(file: "a", text: "a: &a \(inner)\nb: \(outer)\n"))
    #expect(node == nil)
    #expect(diagnostics.map(\.summary) == [SyntaxMistake.tooDeep.rawValue])
  }

  @Test("values are counted after aliases are written out: at the limit they are read")
  func nodes() {
    let text = "a: &a [1, 2]\nb: [*a, *a]\n"  // 1 + (1 + 3) + (1 + 1 + 3 + 3)
    let source = SourceText(file: "a", text: text)
    #expect(Node.parse(source, limits: Limits(nodes: 13)).node != nil)
    #expect(Node.parse(source, limits: Limits(nodes: 12)).node == nil)
  }

  @Test("multiplying aliases are refused with any number of levels", arguments: [8, 60, 500])
  func billionLaughs(_ levels: Int) {
    var text = "l0: &l0 [lol, lol, lol, lol, lol, lol, lol, lol, lol]\n"
    for level in 1...levels {
      let aliases = Array(repeating: "*l\(level - 1)", count: 9).joined(separator: ", ")
      text += "l\(level): &l\(level) [\(aliases)]\n"
    }
    let (node, diagnostics) = Node.parse(SourceText(file: "a", text: text))
    let isRefused = node == nil  // A failing expectation would print the whole node.
    #expect(isRefused)
    #expect(diagnostics.map(\.summary) == [SyntaxMistake.tooManyNodes.rawValue])
  }

  @Test("JSON is read unchanged")
  func json() {
    let text = "{\n\t\"a\":[1,true,null,\"x\\u00e9\\/\\n\"],\n\t\"b\":{\"c\":{}}\n}"
    let node = Node.parse(SourceText(file: "a", text: text)).node
    #expect(
      node?.outline() == """
        1:1 mapping
          2:2 a:
            2:6 list
              2:7 1
              2:9 true
              2:14 null
              2:19 "xé/\\n"
          3:2 b:
            3:6 mapping
              3:7 c:
                3:11 mapping

        """)
  }
}

extension Node {
  /// The tree with its places, as the cases show it.
  func outline(_ indent: String = "") -> String {
    let start = "\(indent)\(place.line):\(place.column) "
    switch content {
    case .scalar(let scalar):
      return start + (scalar.isPlain ? scalar.text : scalar.text.quoted) + "\n"
    case .sequence(let elements):
      return start + "list\n" + elements.map { $0.outline(indent + "  ") }.joined()
    case .mapping(let entries):
      return start + "mapping\n"
        + entries.map { entry in
          "\(indent)  \(entry.place.line):\(entry.place.column) \(entry.key):\n"
            + entry.value.outline(indent + "    ")
        }.joined()
    }
  }
}
