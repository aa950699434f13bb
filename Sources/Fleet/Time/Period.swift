/// A length of time in whole seconds, written `30s`, `10m`, `12h`, `30d`, `1y`.
///
/// A year is 365 days.
package struct Period: Hashable, Sendable, Comparable, CustomStringConvertible {
  package let seconds: Int64

  /// A period of this many seconds.
  package static func seconds(_ count: Int64) -> Period { Period(unchecked: count) }
  /// A period of this many days.
  package static func days(_ count: Int64) -> Period { Period(unchecked: count * 86_400) }

  private init(unchecked seconds: Int64) { self.seconds = seconds }

  private static let units: [(letter: Character, seconds: Int64)] = [
    ("y", 365 * 86_400), ("d", 86_400), ("h", 3600), ("m", 60), ("s", 1),
  ]

  package static let noun = "a period"
  package static let rule =
    "a whole number with its unit, s, m, h, d or y, such as 30d; at most 100y"

  /// Returns nil if the text is not a period, or one of more than a hundred years.
  package init?(_ text: String) {
    guard let letter = text.last, let unit = Self.units.first(where: { $0.letter == letter }),
      text.dropLast().utf8.allSatisfy((UInt8(ascii: "0")...UInt8(ascii: "9")).contains),
      let count = Int64(text.dropLast()), count <= 100 * 365 * 86_400 / unit.seconds
    else { return nil }
    self.seconds = count * unit.seconds
  }

  package var description: String {
    guard seconds != 0, let unit = Self.units.first(where: { seconds % $0.seconds == 0 }) else {
      return "\(seconds)s"
    }
    return "\(seconds / unit.seconds)\(unit.letter)"
  }

  package static func < (left: Period, right: Period) -> Bool { left.seconds < right.seconds }
}
