/// What a terminal shows: a small model of one, which interprets the control sequences that `deploy` writes.
///
/// It knows carriage return, line feed (with a carriage return, as behind a tty), ED (`[J`), CUU (`[nA`), DECAWM
/// (`[?7h`, `[?7l`) and SGR (`[…m`, without effect). Another sequence ends the test run.
package struct TerminalScreen {
  /// What happens to lines that are wider than the terminal when it is resized.
  package enum Resizing: CaseIterable, Sendable {
    /// They are wrapped again, as in VTE, kitty, tmux, iTerm2 and Windows Terminal.
    case reflowing
    /// They are cut, as in xterm and GNU screen.
    case cutting
  }

  private struct Row {
    var cells: [Character] = []
    /// Whether the next row continues this one.
    var isContinued = false
  }

  private let resizing: Resizing
  private var columns: Int
  private var height: Int
  private var rows = [Row()]
  private var (row, column) = (0, 0)
  private var wraps = true
  private var sequence: String?

  package init(columns: Int, rows height: Int, resizing: Resizing = .reflowing) {
    (self.columns, self.height, self.resizing) = (columns, height, resizing)
  }

  /// All lines since the beginning, with wrapped ones joined, without empty ones at the end.
  package var lines: [String] {
    var lines: [String] = []
    var line = ""
    for row in rows {
      line += String(row.cells)
      guard !row.isContinued else { continue }
      lines.append(line)
      line = ""
    }
    while lines.last?.isEmpty == true { lines.removeLast() }
    return lines
  }

  /// The rows that are on the screen now, without empty ones at the end.
  package var visibleRows: [String] {
    var visible = rows.suffix(height).map { String($0.cells) }
    while visible.last?.isEmpty == true { visible.removeLast() }
    return visible
  }

  /// Whether a line that is longer than the terminal is wrapped.
  package var isWrapping: Bool { wraps }

  // MARK: - Output of programs

  package mutating func feed(_ text: String) {
    // Scalars: a carriage return and a line feed are one character.
    for scalar in text.unicodeScalars { feed(scalar) }
  }

  private mutating func feed(_ scalar: Unicode.Scalar) {
    if let begun = sequence {
      sequence = begun + String(scalar)
      guard begun.isEmpty ? scalar != "[" : ("@"..."~").contains(scalar) else { return }
      sequence = nil
      interpret(begun + String(scalar))
      return
    }
    switch scalar {
    case "\u{1B}": sequence = ""
    case "\r": column = 0
    case "\n":
      rows[row].isContinued = false
      moveDown()
    default: put(Character(scalar))
    }
  }

  private mutating func interpret(_ sequence: String) {
    switch sequence {
    case "[J":
      rows[row].cells.removeSubrange(min(column, rows[row].cells.count)...)
      rows[row].isContinued = false
      rows.removeSubrange((row + 1)...)
    case "[?7h": wraps = true
    case "[?7l": wraps = false
    case _ where sequence.hasSuffix("m"): break
    case _ where sequence.hasSuffix("A"):
      let count = Int(sequence.dropFirst().dropLast()) ?? 1
      row = max(max(0, rows.count - height), row - count)
    default: fatalError("The terminal does not know the sequence \(sequence.debugDescription).")
    }
  }

  private mutating func put(_ character: Character) {
    if column == columns {
      guard wraps else {
        rows[row].cells[columns - 1] = character
        return
      }
      rows[row].isContinued = true
      moveDown()
    }
    while rows[row].cells.count < column { rows[row].cells.append(" ") }
    if column < rows[row].cells.count {
      rows[row].cells[column] = character
    } else {
      rows[row].cells.append(character)
    }
    column += 1
  }

  private mutating func moveDown() {
    column = 0
    row += 1
    if row == rows.count { rows.append(Row()) }
  }

  // MARK: - The user

  package mutating func resize(columns: Int, rows height: Int) {
    defer { (self.columns, self.height) = (columns, height) }
    switch resizing {
    case .cutting:
      for index in rows.indices {
        rows[index].cells = Array(rows[index].cells.prefix(columns))
        rows[index].isContinued = false
      }
      column = min(column, columns)
    case .reflowing: reflow(to: columns)
    }
  }

  /// The cursor stays at its character.
  private mutating func reflow(to columns: Int) {
    var (new, place): ([Row], (row: Int, column: Int)) = ([], (0, 0))
    var (cells, offset): ([Character], Int?) = ([], nil)
    for (index, old) in rows.enumerated() {
      if index == row { offset = cells.count + column }
      cells += old.cells
      guard !old.isContinued else { continue }
      if let offset { place = (new.count + offset / columns, offset % columns) }
      repeat {
        new.append(Row(cells: Array(cells.prefix(columns)), isContinued: cells.count > columns))
        cells = Array(cells.dropFirst(columns))
      } while !cells.isEmpty
      offset = nil
    }
    while place.row >= new.count { new.append(Row()) }
    (rows, row, column) = (new, place.row, place.column)
  }
}
