import Diagnostics
import TestSupport
import Testing

@testable import CommandLine

@Suite("The status area on a terminal")
struct StatusAreaTests {
  /// A terminal, with what was written above the area.
  private struct Session {
    var screen: TerminalScreen
    var area = StatusArea()
    var above: [String] = []
    var columns: Int

    init(columns: Int, resizing: TerminalScreen.Resizing) {
      screen = TerminalScreen(columns: columns, rows: 12, resizing: resizing)
      self.columns = columns
    }

    mutating func draw(_ lines: [String]) {
      screen.feed(area.draw(lines.map { StyledText($0.cut(to: columns - 1)) }, width: columns))
    }

    mutating func write(_ line: String) {
      screen.feed(area.erase() + line + "\n")
      above.append(line)
    }

    mutating func resize(_ columns: Int) {
      self.columns = columns
      screen.resize(columns: columns, rows: 12)
    }

    var expected: [String] { above + area.lines.map(\.rendered) }
  }

  @Test(
    "is below what was written, wherever the terminal was resized",
    arguments: TerminalScreen.Resizing.allCases, 0..<200 as Range<UInt64>)
  func random(_ resizing: TerminalScreen.Resizing, _ seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    var session = Session(columns: 80, resizing: resizing)
    for step in 0..<40 {
      switch Int.random(in: 0..<4, using: &generator) {
      case 0:
        // A terminal that cuts lines would cut a long one here too.
        let length = Int.random(in: 0...(resizing == .cutting ? 18 : 120), using: &generator)
        session.write("\(step)" + String(repeating: "w", count: length))
      case 1: session.resize(Int.random(in: 20...120, using: &generator))
      default:
        let lines = (0..<Int.random(in: 0...2, using: &generator)).map { line in
          "\(line)" + String(repeating: "s", count: Int.random(in: 0...150, using: &generator))
        }
        session.draw(lines)
        #expect(session.screen.lines == session.expected, "seed \(seed), step \(step)")
      }
    }
    session.screen.feed(session.area.erase())
    #expect(session.screen.lines == session.above, "seed \(seed)")
    #expect(session.screen.isWrapping)
  }

  @Test("that was drawn for a wider terminal is cut there, and leaves nothing")
  func race() {
    var session = Session(columns: 80, resizing: .reflowing)
    session.write("above")
    // The terminal became narrower between the question for its width and the output.
    session.screen.resize(columns: 30, rows: 12)
    session.draw([String(repeating: "s", count: 70), "second"])
    #expect(session.screen.visibleRows.count == 3)
    session.columns = 30
    session.draw(["short"])
    #expect(session.screen.visibleRows == ["above", "short"])
  }

  @Test("is not written again while nothing changes, but after a change of the width")
  func economy() {
    var area = StatusArea()
    #expect(!area.draw(["a"], width: 80).isEmpty)
    #expect(area.draw(["a"], width: 80).isEmpty)
    #expect(!area.draw(["a"], width: 60).isEmpty)
    #expect(!area.draw(["b"], width: 60).isEmpty)
    #expect(area.draw([], width: 60) == StatusArea.erasure)
    #expect(area.draw([], width: 60).isEmpty && area.erase().isEmpty)
  }

  @Test("is in sight at the bottom of a screen that is full")
  func scrolling() {
    var session = Session(columns: 40, resizing: .reflowing)
    for line in 1...30 {
      session.draw(["first", "second"])
      session.write("line \(line)")
    }
    session.draw(["first", "second"])
    #expect(session.screen.visibleRows == (21...30).map { "line \($0)" } + ["first", "second"])
  }
}
