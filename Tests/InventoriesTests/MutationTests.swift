import Diagnostics
import Inventories
import TestSupport
import Testing
import YAML

@Suite("Randomly damaged inventories")
struct MutationTests {
  private static let splinters: [[UInt8]] = [
    "{", "}", "[", "]", ":", ": ", "- ", "\n", "\t", "\"", "'", "&a ", "*a", "<<: *a", "!", "|",
    ">",
    "#", "%", "?", "@", "`", "~", "null", "true", "no", "-1", "99999999999999999999", "0x", "1e9",
    "\u{2028}", "漢", "all", "edge-1", "198.18.0.10", "{a: 1}", "[x]", "\u{0}", "---\n", "...\n",
  ].map { Array($0.utf8) }

  private func mutate(_ bytes: inout [UInt8], _ random: inout SeededGenerator) {
    let index = Int.random(in: 0..<bytes.count, using: &random)
    let end = min(bytes.count, index + Int.random(in: 1...12, using: &random))
    switch Int.random(in: 0..<6, using: &random) {
    case 0: bytes[index] = UInt8.random(in: .min ... .max, using: &random)
    case 1: bytes.removeSubrange(index..<end)
    case 2: bytes.insert(contentsOf: bytes[index..<end], at: index)
    case 3: bytes.removeLast(min(bytes.count - 1, Int.random(in: 0...40, using: &random)))
    case 4: swapLines(&bytes, &random)
    default:
      let splinter = Self.splinters.randomElement(using: &random) ?? []
      bytes.replaceSubrange(index..<end, with: splinter)
    }
  }

  private func swapLines(_ bytes: inout [UInt8], _ random: inout SeededGenerator) {
    var lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    lines.swapAt(
      Int.random(in: 0..<lines.count, using: &random),
      Int.random(in: 0..<lines.count, using: &random))
    bytes = Array(lines.joined(separator: [UInt8(ascii: "\n")]))
  }

  @Test(
    "reading returns an inventory or an error with a valid place",
    arguments: Example.all, [1, 2, 3, 4] as [UInt64])
  func mutations(_ example: Example, _ seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    var refused = 0
    for _ in 0..<500 {
      var bytes = Array(example.text.utf8)
      for _ in 0..<Int.random(in: 1...4, using: &random) { mutate(&bytes, &random) }
      let source = SourceText(file: "i.yml", bytes: bytes)
      let (inventory, diagnostics) = Inventory.read(source)
      let hasError = diagnostics.contains { $0.severity == .error }
      let seen = String(decoding: bytes, as: UTF8.self)
      #expect((inventory == nil) == hasError, "\(seen)")
      #expect(diagnostics == diagnostics.sorted())
      let lines = source.lines.count
      #expect(
        diagnostics.allSatisfy { ($0.place?.line).map { (1...lines).contains($0) } ?? false },
        "\(diagnostics) \(seen)")
      #expect(
        !DiagnosticRenderer(sources: [source]).render(diagnostics).rendered.contains("\u{1B}"))
      if hasError { refused += 1 }
    }
    #expect((50..<500).contains(refused), "the mutations reach both outcomes")
  }

  @Test("multiplying aliases are refused before they take memory")
  func billionLaughs() {
    var text = "a0: &a0 {address: 198.18.0.1}\n"
    for level in 1...40 {
      let aliases = Array(repeating: "*a\(level - 1)", count: 10).joined(separator: ", ")
      text += "a\(level): &a\(level) [\(aliases)]\n"
    }
    let (inventory, diagnostics) = Inventory.read(SourceText(file: "i.yml", text: text))
    #expect(inventory == nil)
    #expect(diagnostics.map(\.summary) == [SyntaxMistake.tooManyNodes.rawValue])
  }
}
