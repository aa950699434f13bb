import Diagnostics
import Testing

@Suite("Text from hosts")
struct HostTextTests {
  @Test(
    "characters that could steer a terminal, reorder text or hide are escaped",
    arguments: [
      ("\u{1B}[2J", "\\u{1B}[2J"), ("\u{1B}]0;title\u{7}", "\\u{1B}]0;title\\u{7}"),
      ("\u{9B}31m", "\\u{9B}31m"), ("\u{90}q", "\\u{90}q"), ("a\u{8}b", "a\\u{8}b"),
      ("\u{7F}", "\\u{7F}"), ("\0", "\\u{0}"), ("one\rtwo", "one\\rtwo"),
      ("one\ntwo", "one\\ntwo"), ("\u{202E}abc", "\\u{202E}abc"),
      ("\u{2066}a\u{2069}", "\\u{2066}a\\u{2069}"), ("a\u{200B}b", "a\\u{200B}b"),
      ("a\u{FEFF}b", "a\\u{FEFF}b"), ("a\u{3164}b", "a\\u{3164}b"),
      ("a\u{FE0F}", "a\\u{FE0F}"), ("\u{E0041}", "\\u{E0041}"), ("a\u{2028}b", "a\\u{2028}b"),
      ("a\u{85}b", "a\\u{85}b"), ("a\tb", "a b"),
    ])
  func escapes(_ said: String, _ shown: String) {
    #expect(HostText(said).text == shown)
    #expect(HostText(Array(said.utf8)).text == shown)
  }

  @Test("every control and format character is escaped, and what is escaped stays as it is")
  func allScalars() {
    for scalar in (0...0x10FFFF).compactMap(Unicode.Scalar.init) where scalar.isDeceptive {
      let shown = HostText(String(scalar)).text
      #expect(shown.unicodeScalars.allSatisfy { $0.isASCII && $0.value >= 0x20 }, "\(scalar.value)")
      #expect(HostText(shown).text == shown)
    }
  }

  @Test("letters of any script stay")
  func letters() {
    #expect(HostText("größe 漢字 e\u{301} 😀").text == "größe 漢字 e\u{301} 😀")
  }

  @Test("bytes that are not UTF-8, C1 controls of eight bits among them, are replaced")
  func invalid() {
    #expect(HostText([0x61, 0x9B, 0x32, 0x4A, 0xFF, 0xC3]).text == "a\u{FFFD}2J\u{FFFD}\u{FFFD}")
  }

  @Test("a line is cut at its limit, and an answer at its number of lines")
  func limits() {
    #expect(HostText("abcdef", limit: 3).text == "abc…")
    #expect(HostText("abc", limit: 3).text == "abc")
    let endless = [UInt8](repeating: UInt8(ascii: "x"), count: 5_000_000)
    #expect(HostText(endless).text.count == HostText.longestLine + 1)
    let lines = HostText.lines(of: Array("1\r\n\n2\n3\n4".utf8), most: 3)
    #expect(lines.map(\.text) == ["1", "2", "3", "…"])
    #expect(HostText.lines(of: Array("1\n2\n".utf8), most: 2).map(\.text) == ["1", "2"])
  }
}
