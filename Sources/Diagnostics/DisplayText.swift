extension Unicode.Scalar {
  /// How many columns a terminal gives the character (Unicode Annex 11, the wide blocks).
  var displayWidth: Int {
    switch properties.generalCategory {
    case .nonspacingMark, .enclosingMark: return 0
    default: break
    }
    switch value {
    case 0x1100...0x115F, 0x2E80...0x303E, 0x3041...0xA4CF, 0xA960...0xA97F, 0xAC00...0xD7A3,
      0xF900...0xFAFF, 0xFE30...0xFE6F, 0xFF00...0xFF60, 0xFFE0...0xFFE6, 0x1F300...0x1F64F,
      0x1F680...0x1F6FF, 0x1F900...0x1F9FF, 0x20000...0x3FFFD:
      return 2
    default: return 1
    }
  }

  /// A blank as wide as the character on a terminal.
  var blank: String {
    self == "\t" ? "\t" : String(repeating: " ", count: displayWidth)
  }

  /// Whether the character looks like a space but is not the ASCII space.
  var isUnusualSpace: Bool { properties.generalCategory == .spaceSeparator && self != " " }

  /// In Unicode's notation: `U+00A0`.
  package var codePoint: String {
    let code = String(value, radix: 16, uppercase: true)
    return "U+" + String(repeating: "0", count: max(0, 4 - code.count)) + code
  }

  /// Whether the character could steer a terminal or reorder the text around it.
  var isControlOrFormat: Bool {
    switch properties.generalCategory {
    case .control, .format, .lineSeparator, .paragraphSeparator: true
    default: false
    }
  }
}

extension String {
  /// The scalars, with U+FFFD for each that could steer a terminal; tabs stay.
  static func safe(_ scalars: some Sequence<Unicode.Scalar>) -> String {
    var text = String.UnicodeScalarView()
    text.append(
      contentsOf: scalars.map { $0.isControlOrFormat && $0 != "\t" ? "\u{FFFD}" : $0 })
    return String(text)
  }

  var withoutControls: String { .safe(unicodeScalars) }

  /// The text in double quotes, cut after 80 characters, with invisible characters escaped.
  package var quoted: String {
    var text = ""
    for scalar in unicodeScalars.prefix(80) {
      text +=
        scalar == "\"" || scalar == "\\"
        ? "\\\(scalar)" : scalar.isUnusualSpace ? scalar.escape : scalar.visible
    }
    return unicodeScalars.count > 80 ? "\"\(text)…\"" : "\"\(text)\""
  }

  /// A sentence that names the first character that looks like a space or is invisible; nil if there is none.
  package var hiddenCharacter: String? {
    let hidden = unicodeScalars.first {
      $0.isUnusualSpace || $0.isDeceptive && $0.properties.generalCategory != .control
    }
    guard let scalar = hidden else { return nil }
    let name = scalar.properties.name.map { " (\($0))" } ?? ""
    return "It contains \(scalar.codePoint)\(name), which is invisible: type the text again."
  }
}
