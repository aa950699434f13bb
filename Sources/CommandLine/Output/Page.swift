import Diagnostics

/// Lines of prose for a reader, no longer than the terminal is wide.
struct Page {
  let style: Style
  /// Columns; nil where lines may have any length.
  let width: Int?
  private(set) var lines: [StyledText] = []

  /// A terminal that is narrower than this gets longer lines than it has columns.
  private static let leastWidth = 40

  init(_ style: Style, width: Int?) {
    self.style = style
    self.width = width.map { max($0, Self.leastWidth) }
  }

  var text: StyledText { lines.joined(separator: "\n") }

  /// Adds a paragraph behind an indentation; the lines after its first stand further in.
  mutating func add(
    _ text: String, indent: Int = 0, hanging: Int = 4, _ color: Style.Color? = nil
  ) {
    // What a host said may have lines of its own, which must not look like lines of ours.
    let text = text.indented(by: indent + hanging)
    for (index, line) in Self.wrap(text, indent, hanging, width).enumerated() {
      let margin = String(repeating: " ", count: index == 0 ? indent : indent + hanging)
      lines.append(StyledText(margin) + style(line, color))
    }
  }

  mutating func addEmptyLine() { lines.append("") }

  /// Adds lines as they are, such as those of a diff.
  mutating func addUnwrapped(_ text: StyledText) { lines.append(text) }

  private static func wrap(_ text: String, _ indent: Int, _ hanging: Int, _ width: Int?) -> [String]
  {
    guard let width else { return [text] }
    var lines: [String] = []
    var line: String?
    for word in text.split(separator: " ", omittingEmptySubsequences: false) {
      guard let begun = line else {
        line = String(word)
        continue
      }
      let margin = lines.isEmpty ? indent : indent + hanging
      let length = begun.unicodeScalars.count + 1 + word.unicodeScalars.count
      if margin + length > width {
        lines.append(begun)
        line = String(word)
      } else {
        line = "\(begun) \(word)"
      }
    }
    return lines + [line ?? ""]
  }
}

extension String {
  /// The text with its lines after the first moved to the right.
  func indented(by columns: Int) -> String {
    replacing("\n", with: "\n" + String(repeating: " ", count: columns))
  }
}

extension [String] {
  /// At most ten names, and how many there are beside them.
  func shortList(separator: String = ", ") -> String {
    let most = 10
    let rest = count > most ? " and \(count - most) more" : ""
    return prefix(most).joined(separator: separator) + rest
  }
}
