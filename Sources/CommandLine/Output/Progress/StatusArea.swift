import Diagnostics

/// The lines at the bottom of a terminal that are redrawn in place, as the bytes that draw and erase them.
///
/// The cursor rests at the beginning of the first line. So whatever a terminal does with lines when it is resized,
/// wraps or cuts them, everything from the cursor on is the area: erasing it needs no width and leaves nothing.
struct StatusArea {
  /// What is on the screen.
  private(set) var lines: [StyledText] = []
  /// The width for which the lines were cut.
  private var width = 0

  /// Erases an area that begins at the cursor (ECMA-48, ED).
  static let erasure = "\r\u{1B}[J"

  /// The bytes that remove the area; empty if there is none.
  mutating func erase() -> String {
    guard !lines.isEmpty else { return "" }
    lines = []
    return Self.erasure
  }

  /// The bytes that replace the area with other lines; empty if it is the same already.
  ///
  /// - Parameter new: lines that are shorter than the width.
  mutating func draw(_ new: [StyledText], width: Int) -> String {
    guard new != lines || width != self.width else { return "" }
    let erasure = erase()
    guard !new.isEmpty else { return erasure }
    (lines, self.width) = (new, width)
    let up = new.count > 1 ? "\u{1B}[\(new.count - 1)A" : ""
    // Should the terminal have become narrower meanwhile, lines are cut and not wrapped (DECAWM).
    return erasure + "\u{1B}[?7l" + new.map(\.rendered).joined(separator: "\r\n") + "\u{1B}[?7h\r"
      + up
  }
}
