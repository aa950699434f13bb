/// How wide a text is about, in hundredths of the size of its font. There is no font here to ask, so letters count as wide
/// as in a wide one (DejaVu Sans).
enum TextWidth {
  static func of(_ text: some StringProtocol) -> Int {
    text.unicodeScalars.reduce(0) { $0 + width(of: $1) }
  }

  private static func width(of scalar: Unicode.Scalar) -> Int {
    switch scalar {
    case "i", "j", "l", ".", ",", "'", ":", ";", "|", "!", " ": 34
    case "f", "t", "r", "-", "(", ")", "/": 42
    case "m", "w", "M", "W", "@", "%": 98
    case "A"..."Z": 72
    default: scalar.isASCII ? 63 : 110
    }
  }

  /// The text, with an ellipsis for what does not fit.
  ///
  /// - Parameter size: of the font; both in pixels.
  static func shortened(_ text: String, to width: Int, size: Int) -> String {
    let limit = width * 100 / size
    guard of(text) > limit else { return text }
    var (kept, used) = ("", 100)
    for character in text {
      used += of(String(character))
      guard used <= limit else { break }
      kept.append(character)
    }
    return kept + "…"
  }
}

extension Int {
  /// With commas between groups of three digits: `12,400`.
  var grouped: String {
    let digits = String(magnitude)
    var text = ""
    for (index, digit) in digits.enumerated() {
      if index > 0, (digits.count - index) % 3 == 0 { text.append(",") }
      text.append(digit)
    }
    return self < 0 ? "-" + text : text
  }

  /// The number with a noun, whose plural ends with "s" unless it is given.
  func of(_ noun: String, plural: String? = nil) -> String {
    "\(grouped) \(self == 1 ? noun : plural ?? noun + "s")"
  }
}
