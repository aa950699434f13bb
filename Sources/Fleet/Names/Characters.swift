/// The letters-digits-hyphen rule of host names (RFC 1123, 2.1), in lower case.
enum DNSLabel {
  private static let hyphen = UInt8(ascii: "-")

  static func isValid(_ text: String) -> Bool { isValid(text.utf8) }

  private static func isValid(_ label: some BidirectionalCollection<UInt8>) -> Bool {
    (1...63).contains(label.count) && label.first != hyphen && label.last != hyphen
      && label.allSatisfy {
        $0.isDigit || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0) || $0 == hyphen
      }
  }

  static func areValid(_ text: String) -> Bool {
    text.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
      .allSatisfy { isValid($0) }
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
