/// The ASCII form of labels with other letters (RFC 3492), which DNS and certificates use.
enum Punycode {
  private static let base = 36
  private static let (leastThreshold, mostThreshold) = (1, 26)
  private static let (skew, damping, initialBias) = (38, 700, 72)

  /// RFC 3492, section 6.3, without the prefix `xn--`; nil for a label that is too long to encode.
  static func encoded(_ label: some StringProtocol) -> String? {
    let scalars = label.unicodeScalars.map { Int($0.value) }
    // A DNS label has at most 63 octets, and each character needs at least one.
    guard scalars.count <= 63 else { return nil }
    let basic = scalars.filter { $0 < 0x80 }
    var output = basic.map { UInt8($0) } + (basic.isEmpty ? [] : [UInt8(ascii: "-")])
    var (code, delta, bias, handled) = (0x80, 0, initialBias, basic.count)
    while handled < scalars.count, let next = scalars.filter({ $0 >= code }).min() {
      delta += (next - code) * (handled + 1)
      code = next
      for scalar in scalars {
        if scalar < code { delta += 1 }
        guard scalar == code else { continue }
        output += integer(delta, bias)
        bias = adapted(delta, count: handled + 1, isFirst: handled == basic.count)
        delta = 0
        handled += 1
      }
      delta += 1
      code += 1
    }
    return String(decoding: output, as: UTF8.self)
  }

  /// Digits of variable base, the least significant first.
  private static func integer(_ number: Int, _ bias: Int) -> [UInt8] {
    var (rest, place, digits) = (number, base, [UInt8]())
    while true {
      let threshold = min(max(place - bias, leastThreshold), mostThreshold)
      guard rest >= threshold else { return digits + [digit(rest)] }
      digits.append(digit(threshold + (rest - threshold) % (base - threshold)))
      rest = (rest - threshold) / (base - threshold)
      place += base
    }
  }

  /// `a` to `z`, then `0` to `9`.
  private static func digit(_ value: Int) -> UInt8 {
    UInt8(value < 26 ? Int(UInt8(ascii: "a")) + value : Int(UInt8(ascii: "0")) + value - 26)
  }

  private static func adapted(_ delta: Int, count: Int, isFirst: Bool) -> Int {
    var delta = isFirst ? delta / damping : delta / 2
    delta += delta / count
    var bias = 0
    while delta > (base - leastThreshold) * mostThreshold / 2 {
      delta /= base - leastThreshold
      bias += base
    }
    return bias + (base - leastThreshold + 1) * delta / (delta + skew)
  }
}

extension DomainName {
  /// The name in ASCII, if it has other letters: what a browser makes of it.
  ///
  /// In lower case, with accents composed and full stops of East Asia as dots; the rest of UTS #46 needs
  /// tables that Foundation has and this module does not use.
  static func asciiForm(of text: String) -> String? {
    guard text.utf8.contains(where: { $0 >= 0x80 }) else { return nil }
    let dots: Set<Character> = ["。", "．", "｡"]
    let name = String(text.lowercased().map { dots.contains($0) ? "." : $0.composed })
    var labels: [String] = []
    for label in name.split(separator: ".", omittingEmptySubsequences: false) {
      guard label.utf8.contains(where: { $0 >= 0x80 }) else {
        labels.append(String(label))
        continue
      }
      guard label.unicodeScalars.allSatisfy(\.isLetterOfName),
        let encoded = Punycode.encoded(label)
      else { return nil }
      labels.append("xn--" + encoded)
    }
    return labels.joined(separator: ".")
  }
}

extension Character {
  /// A letter and its accents as one scalar (NFC) if Unicode has one; Swift considers both
  /// equal.
  fileprivate var composed: Character {
    guard unicodeScalars.count > 1 else { return self }
    // Latin, Greek and Cyrillic; Unicode composes nothing beyond.
    let ranges: [ClosedRange<UInt32>] = [0xC0...0x52F, 0x1E00...0x1FFF]
    let found = ranges.joined().lazy.compactMap(Unicode.Scalar.init).first { Character($0) == self }
    return found.map { Character($0) } ?? self
  }
}

extension Unicode.Scalar {
  /// What IDNA 2008 may allow in a name (RFC 5892): lower-case letters, digits, marks and hyphens.
  fileprivate var isLetterOfName: Bool {
    switch properties.generalCategory {
    case .lowercaseLetter, .otherLetter, .modifierLetter, .nonspacingMark, .spacingMark,
      .decimalNumber:
      true
    default: self == "-"
    }
  }
}
