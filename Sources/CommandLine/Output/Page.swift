import Diagnostics

/// The lines of a result for people, wrapped at the width of the terminal. Views such as
/// ``PlanView`` fill it.
struct Page {
  let style: Style
  /// Columns; nil if lines are not wrapped, as in files and pipes.
  let width: Int?
  private(set) var lines: [StyledText] = []

  /// The least width at which lines are wrapped. On a narrower terminal, the terminal breaks them
  /// again.
  private static let leastWidth = 40

  init(_ style: Style, width: Int?) {
    self.style = style
    self.width = width.map { max($0, Self.leastWidth) }
  }

  var text: StyledText { lines.joined(separator: "\n") }

  /// Adds a paragraph.
  ///
  /// - Parameters:
  ///   - text: may have several lines; one that begins with a space, such as a command, is not
  ///     wrapped.
  ///   - indent: columns before the first line.
  ///   - hanging: further columns before all other lines.
  mutating func add(
    _ text: String, indent: Int = 0, hanging: Int = 4, _ color: Style.Color? = nil
  ) {
    let start = lines.count
    // Text from a host may have several lines, which must not look like lines of this program.
    for part in text.split(separator: "\n", omittingEmptySubsequences: false) {
      let first = lines.count == start ? indent : indent + hanging
      let wrapped = TextWrap.lines(
        part, width: width, first: first, others: indent + hanging)
      for (index, line) in wrapped.enumerated() {
        let margin = String(repeating: " ", count: index == 0 ? first : indent + hanging)
        lines.append(line.isEmpty ? "" : StyledText(margin) + style(line, color))
      }
    }
  }

  mutating func addEmptyLine() { lines.append("") }

  /// Adds a table: its first line as the heading, and each other line with the notes below it.
  ///
  /// - Parameters:
  ///   - table: the lines, already aligned.
  ///   - colors: one for each line below the heading; nil for the default colour.
  ///   - notes: for each line below the heading, what is printed indented below it.
  mutating func add(
    table: [String], colors: [Style.Color?], notes: [[(text: String, color: Style.Color)]]
  ) {
    add(table[0], .bold)
    for (index, line) in table.dropFirst().enumerated() {
      add(line, colors[index])
      for note in notes[index] { add(note.text, indent: 4, note.color) }
    }
  }

  /// Adds lines unchanged, such as those of a diff.
  mutating func addUnwrapped(_ text: StyledText) { lines.append(text) }
}

extension [String] {
  /// The first names, and the number of the others.
  func shortList(separator: String = ", ", most: Int = 10) -> String {
    let rest = count > most ? " and \(count - most) more" : ""
    return prefix(most).joined(separator: separator) + rest
  }
}

extension Int {
  /// The number with a noun whose plural ends with "s", such as "1 site".
  func counting(_ noun: String) -> String { "\(self) \(noun)\(self == 1 ? "" : "s")" }
}
