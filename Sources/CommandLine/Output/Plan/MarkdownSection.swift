/// A part of a plan in Markdown that a reader opens, and that may be shortened by whole lines.
struct MarkdownSection {
  /// What the section is about, in a line of text.
  let title: String
  /// Words before the title, which are part of this program.
  var label = ""
  let lines: [String]
  var language = "text"

  /// The least number of bytes for which a shortened section is worth its place.
  private static let worthwhile = 300

  var whole: String { text(lines) }

  /// The section with as many of its first lines as fit; nil if that would be next to nothing.
  ///
  /// - Parameter bytes: how much it may take.
  func shortened(to bytes: Int) -> String? {
    guard bytes >= Self.worthwhile else { return nil }
    func shortened(to count: Int) -> String {
      text(lines.prefix(count) + [Self.rest(lines.count - count)])
    }
    // Between a number of lines that fits and one that does not.
    var (fits, fails) = (0, lines.count + 1)
    while fails - fits > 1 {
      let count = (fits + fails) / 2
      if shortened(to: count).utf8.count <= bytes { fits = count } else { fails = count }
    }
    return fits > 0 ? shortened(to: fits) : nil
  }

  private static func rest(_ count: Int) -> String { "… \(count.counting("more line"))" }

  private func text(_ lines: [String]) -> String {
    MarkdownText.details(
      label + MarkdownText.code(title), MarkdownText.fence(lines, language: language))
  }
}
