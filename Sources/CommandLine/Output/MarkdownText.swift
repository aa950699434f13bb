import Diagnostics

/// Text of inventories and hosts in Markdown, where it can be neither markup nor a mention of a user: in code,
/// which renderers pass on as it is.
enum MarkdownText {
  /// A block of lines between two fences that are longer than any run of backquotes in them.
  static func fence(_ lines: [String], language: String = "text") -> String {
    let text = lines.map { StyledText($0).rendered }.joined(separator: "\n")
    let fence = String(repeating: "`", count: max(3, longestRun(in: text) + 1))
    return "\(fence)\(language)\n\(text)\n\(fence)\n"
  }

  /// Code in a line of Markdown.
  static func span(_ text: String) -> String {
    let line = oneLine(text)
    let fence = String(repeating: "`", count: longestRun(in: line) + 1)
    // Spaces separate backquotes at the ends; renderers remove one on each side.
    return "\(fence) \(line) \(fence)"
  }

  /// Code in a line of HTML.
  static func code(_ text: String) -> String {
    let escaped = oneLine(text).replacing("&", with: "&amp;").replacing("<", with: "&lt;")
      .replacing(">", with: "&gt;").replacing("\"", with: "&quot;")
    return "<code>\(escaped)</code>"
  }

  /// A section that a reader opens.
  ///
  /// - Parameters:
  ///   - heading: HTML in one line.
  ///   - body: Markdown.
  static func details(_ heading: String, _ body: String) -> String {
    "<details><summary>\(heading)</summary>\n\n\(body)\n</details>\n"
  }

  private static func oneLine(_ text: String) -> String {
    StyledText(text).rendered.split(whereSeparator: { $0 == "\n" || $0 == "\t" })
      .joined(separator: " ")
  }

  private static func longestRun(in text: String) -> Int {
    var (longest, run) = (0, 0)
    for byte in text.utf8 {
      run = byte == UInt8(ascii: "`") ? run + 1 : 0
      longest = max(longest, run)
    }
    return longest
  }
}
