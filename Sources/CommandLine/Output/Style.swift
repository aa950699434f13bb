import Diagnostics

/// Adds colours to text if the output is a terminal with colours.
struct Style {
  typealias Color = StyledText.Style

  let isColored: Bool

  func callAsFunction(_ text: String, _ color: Color?) -> StyledText {
    StyledText(text, isColored ? color : nil)
  }

  /// A unified diff with coloured lines.
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
