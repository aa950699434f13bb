import Diagnostics
import Testing

@Suite("Styled text")
struct StyledTextTests {
  @Test("only styles produce escape sequences, wherever the text comes from")
  func sequences() {
    let hostile = "\u{1B}[2J\u{9B}31m\u{202E}\u{200B}\u{7}"
    let shown = "\\u{1B}[2J\\u{9B}31m\\u{202E}\\u{200B}\\u{7}"
    #expect(StyledText(hostile).rendered == shown)
    #expect(StyledText(hostile, .red).rendered == "\u{1B}[31m\(shown)\u{1B}[0m")
    let interpolated: StyledText = "a \(hostile) \(StyledText(hostile, .bold)) \(7)"
    #expect(interpolated.rendered == "a \(shown) \u{1B}[1m\(shown)\u{1B}[0m 7")
    #expect([StyledText(hostile), "b"].joined(separator: hostile).rendered == "\(shown)\(shown)b")
  }

  @Test("line feeds and tabs stay, carriage returns do not")
  func whitespace() {
    #expect(StyledText("a\n\tb\r\n").rendered == "a\n\tb\\r\n")
  }
}
