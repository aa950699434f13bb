/// Renders diagnostics for a terminal: the place, the line with the value underlined, the reason.
package struct DiagnosticRenderer: Sendable {
  private let lines: [String: [[Unicode.Scalar]]]
  private let isColored: Bool
  private let width: Int?

  /// Of longer lines, such as those of generated JSON, a part is shown.
  private static let widestExcerpt = 160

  /// - Parameter width: columns at which explanations are wrapped; nil if they are not.
  package init(sources: [SourceText], isColored: Bool = false, width: Int? = nil) {
    self.lines = Dictionary(sources.map { ($0.file, $0.lines) }, uniquingKeysWith: { $1 })
    self.isColored = isColored
    self.width = width
  }

  /// Every diagnostic in the order given, separated by empty lines; ends with a line feed.
  package func render(_ diagnostics: [Diagnostic]) -> StyledText {
    let hidden = Set(diagnostics.filter(\.hidesLine).compactMap { $0.place.map(Line.init) })
    return diagnostics.map { render($0, hiding: hidden) }.joined(separator: "\n")
  }

  /// One diagnostic, with the lines of its place; ends with a line feed.
  package func render(_ diagnostic: Diagnostic) -> StyledText { render([diagnostic]) }

  /// A line of a file.
  private struct Line: Hashable {
    var file: String
    var number: Int

    init(_ place: SourcePlace) { (file, number) = (place.file, place.line) }
  }

  private func render(_ diagnostic: Diagnostic, hiding hidden: Set<Line>) -> StyledText {
    var text = StyledText()
    if let place = diagnostic.place { text += "\(place.description.withoutControls): " }
    let style: StyledText.Style = diagnostic.severity == .error ? .boldRed : .boldYellow
    text += paint("\(diagnostic.severity.rawValue):", style)
    text += " \(paint(diagnostic.summary.withoutControls, .bold))\n"
    if let place = diagnostic.place, !hidden.contains(Line(place)) {
      text += excerpt(at: place, style)
    }
    let detail = TextWrap.lines(
      diagnostic.detail.withoutControls, width: width, first: 2, others: 2)
    text += StyledText(detail.map { "  \($0)\n" }.joined())
    if let suggestion = diagnostic.suggestion {
      text += "  did you mean \(paint(suggestion.quoted, .bold))?\n"
    }
    return text
  }

  private func excerpt(
    at place: SourcePlace, _ style: StyledText.Style
  ) -> StyledText {
    guard let lines = lines[place.file], lines.indices.contains(place.line - 1) else { return "" }
    let line = lines[place.line - 1]
    guard !line.isEmpty else { return "" }
    let start = min(max(place.column - 1, 0), line.count)
    let end = min(start + max(place.length, 1), max(line.count, start + 1))
    let shown = Self.window(of: line, around: start..<end)
    let before = line[shown.lowerBound..<start]
    let value = line[start..<min(end, shown.upperBound, line.count)]

    let cutBefore = shown.lowerBound > 0 ? "…" : ""
    let cutAfter = shown.upperBound < line.count ? "…" : ""
    let number = String(place.line)
    let margin = String(repeating: " ", count: number.count)
    let text = String.safe(line[shown])
    let blank = (cutBefore.isEmpty ? "" : " ") + before.map(\.blank).joined()
    let carets = String(repeating: "^", count: max(1, value.reduce(0) { $0 + $1.displayWidth }))
    return """
        \(number) | \(cutBefore)\(text)\(cutAfter)
        \(margin) | \(blank)\(paint(carets, style))

      """
  }

  private static func window(
    of line: [Unicode.Scalar], around value: Range<Int>
  ) -> Range<Int> {
    guard line.count > widestExcerpt else { return 0..<line.count }
    let first = min(max(0, value.lowerBound - widestExcerpt / 2), line.count - widestExcerpt)
    return first..<(first + widestExcerpt)
  }

  private func paint(_ text: String, _ style: StyledText.Style) -> StyledText {
    StyledText(text, isColored ? style : nil)
  }
}
