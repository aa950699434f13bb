import Fleet

/// A number of bytes in nginx's notation: `64k`, `10m`, `1g`; `0` means no limit.
package struct ByteCount: ValidatedText {
  package let text: String
  package static let noun = "a size"
  package static let rule = "a whole number with its unit, k, m or g, such as 10m; 0 means no limit"

  package init?(_ text: String) {
    let digits = text.dropLast()
    guard text == "0" || "kmg".contains(text.last ?? "0"), text == "0" || digits.first != "0",
      text == "0" || (1...6).contains(digits.utf8.count), digits.utf8.allSatisfy(\.isDigit)
    else { return nil }
    self.text = text
  }
}
