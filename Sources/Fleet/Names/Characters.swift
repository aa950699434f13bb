/// The letters-digits-hyphen rule of host names (RFC 1123, 2.1), in lower case.
enum DNSLabel {
  static func isValid(_ text: some StringProtocol) -> Bool {
    (1...63).contains(text.utf8.count)
      && !text.hasPrefix("-") && !text.hasSuffix("-")
      && text.utf8.allSatisfy {
        $0.isDigit || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0)
          || $0 == UInt8(ascii: "-")
      }
  }

  static func areValid(_ text: String) -> Bool {
    text.split(separator: ".", omittingEmptySubsequences: false).allSatisfy(isValid)
  }
}

extension UInt8 {
  /// Whether it is an ASCII digit.
  package var isDigit: Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(self) }

  /// Whether it is an ASCII letter or digit.
  package var isLetterOrDigit: Bool {
    isDigit || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(self)
      || (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(self)
  }
}

extension Unicode.Scalar {
  /// Whether it is not a control or format character, nor any space other than the plain one.
  package var isPrintableText: Bool {
    switch properties.generalCategory {
    case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator,
      .paragraphSeparator:
      false
    case .spaceSeparator: self == " "
    default: true
    }
  }
}
