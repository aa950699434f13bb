import Diagnostics

/// Adds colours to text if the output is a terminal with colours. ``TerminalInteraction`` makes one
/// for each stream.
struct Style {
  typealias Color = StyledText.Style

  let isColored: Bool

  /// The text in a colour; without one if the output is not coloured.
  func callAsFunction(_ text: String, _ color: Color?) -> StyledText {
    StyledText(text, isColored ? color : nil)
  }

  /// A unified diff in colour: added lines green, removed ones red, hunk headers dim, file names
  /// bold.
  func diff(_ text: String) -> StyledText {
    text.split(separator: "\n", omittingEmptySubsequences: false).map { line -> StyledText in
      if line.hasPrefix("+++") || line.hasPrefix("---") { return self(String(line), .bold) }
      return switch line.first {
      case "+": self(String(line), .green)
      case "-": self(String(line), .red)
      case "@": self(String(line), .dim)
      default: StyledText(String(line))
      }
    }.joined(separator: "\n")
  }
}
