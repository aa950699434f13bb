/// Breaks lines between words.
package enum TextWrap {
  /// The lines of one line of text.
  ///
  /// - Parameters:
  ///   - width: columns; nil for no wrapping.
  ///   - first: columns that are taken in the first line.
  ///   - others: columns that are taken in all other lines.
  package static func lines(
    _ text: some StringProtocol, width: Int?, first: Int, others: Int
  ) -> [String] {
    // A line that begins with a space, such as a command to copy, stays whole.
    guard let width, !text.hasPrefix(" ") else { return [String(text)] }
    var lines: [String] = []
    var line: String?
    for word in text.split(separator: " ", omittingEmptySubsequences: false) {
      guard let begun = line else {
        line = String(word)
        continue
      }
      let margin = lines.isEmpty ? first : others
      if margin + begun.unicodeScalars.count + 1 + word.unicodeScalars.count > width {
        lines.append(begun.withoutSpacesAround)
        // Two spaces part the columns of a table: the next line begins with neither.
        line = word.isEmpty ? nil : String(word)
      } else {
        line = "\(begun) \(word)"
      }
    }
    return lines + [(line ?? "").withoutSpacesAround]
  }
}

extension String {
  fileprivate var withoutSpacesAround: String {
    String(drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
  }
}
