import Diagnostics
import Testing

@Suite("Rendering diagnostics")
struct RendererTests {
  private func render(
    _ text: String, line: Int, column: Int, length: Int = 1, isColored: Bool = false
  ) -> String {
    let place = SourcePlace(file: "a.yml", line: line, column: column, length: length)
    let diagnostic = Diagnostic(.error, "Sum", at: place, detail: "Why.", suggestion: nil)
    return DiagnosticRenderer(
      sources: [SourceText(file: "a.yml", text: text)], isColored: isColored
    ).render(diagnostic).rendered
  }

  @Test("the place, the line, the value underlined, the reason and what to write instead")
  func whole() {
    let source = SourceText(file: "a.yml", text: "one: 1\ntwo: adress\n")
    let diagnostic = Diagnostic(
      .warning, "Unknown", at: SourcePlace(file: "a.yml", line: 2, column: 6, length: 6),
      detail: "It is not known.", suggestion: "address")
    #expect(
      DiagnosticRenderer(sources: [source]).render(diagnostic).rendered == """
        a.yml:2:6: warning: Unknown
          2 | two: adress
            |      ^^^^^^
          It is not known.
          did you mean "address"?

        """)
  }

  @Test("tabs before the value are repeated, so that the caret stands below it")
  func tabs() {
    #expect(render("\ta\tb", line: 1, column: 4).contains("  1 | \ta\tb\n    | \t \t^\n"))
  }

  @Test("wide characters take two columns, combining ones none")
  func widths() {
    #expect(render("漢字: x", line: 1, column: 5).contains("    |       ^\n"))
    #expect(render("漢字: x", line: 1, column: 1, length: 2).contains("    | ^^^^\n"))
    #expect(render("e\u{301}: x", line: 1, column: 5).contains("    |    ^\n"))
    #expect(render("😀 x", line: 1, column: 3).contains("    |    ^\n"))
  }

  @Test("a value is not underlined beyond its line, and one at the end of a line is shown")
  func ends() {
    #expect(render("a: b", line: 1, column: 4, length: 40).contains("    |    ^\n"))
    #expect(render("a:", line: 1, column: 3).contains("    |   ^\n"))
  }

  @Test("a line that does not exist is left out", arguments: [0, 3, 99])
  func missingLines(_ line: Int) {
    #expect(render("a\n", line: line, column: 1) == "a.yml:\(line):1: error: Sum\n  Why.\n")
  }

  @Test("characters that could steer a terminal are never printed")
  func controls() {
    let text = render("a: \u{1B}[31m\u{202E}\u{7F}b", line: 1, column: 1)
    #expect(text.contains("a: \u{FFFD}[31m\u{FFFD}\u{FFFD}b\n"))
    #expect("\u{1B}[0m\n\"\u{200B}".quoted == #""\u{1B}[0m\n\"\u{200B}""#)
  }

  @Test("only the part of a very long line around the value is shown")
  func longLines() throws {
    let text = String(repeating: "a", count: 1000) + "HERE" + String(repeating: "b", count: 1000)
    let lines = render(text, line: 1, column: 1001, length: 4).split(separator: "\n")
    #expect(lines[1].hasPrefix("  1 | …aaa") && lines[1].hasSuffix("bbb…"))
    #expect(lines[1].count < 180)
    let carets = try #require(lines[2].firstRange(of: "^^^^"))
    let value = try #require(lines[1].firstRange(of: "HERE"))
    #expect(
      lines[2].distance(from: lines[2].startIndex, to: carets.lowerBound)
        == lines[1].distance(from: lines[1].startIndex, to: value.lowerBound))
  }

  @Test("colour is used only if it is requested")
  func colors() {
    #expect(
      render("a", line: 1, column: 1, isColored: true).contains("\u{1B}[1;31merror:\u{1B}[0m"))
    #expect(!render("a", line: 1, column: 1).contains("\u{1B}"))
  }

  @Test("line feeds, carriage returns and both together end a line")
  func lineEnds() {
    let lines = SourceText(file: "a", text: "\u{FEFF}a\nb\r\nc\rd").lines
    #expect(lines == [["a"], ["b"], ["c"], ["d"]])
  }
}
