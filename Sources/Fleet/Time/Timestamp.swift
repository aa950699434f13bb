/// A moment in UTC, in whole seconds, from 1970 to the end of 9999: arithmetic with moments never overflows.
package struct Timestamp: Hashable, Sendable, Comparable, CustomStringConvertible {
  package static let earliest = Timestamp(secondsSince1970: 0)
  package static let latest = Timestamp(secondsSince1970: 253_402_300_799)
  private static let range: ClosedRange<Int64> = 0...253_402_300_799

  package let secondsSince1970: Int64

  /// A moment before 1970 becomes the first one, a moment after 9999 the last one.
  package init(secondsSince1970: Int64) {
    self.secondsSince1970 = min(max(secondsSince1970, Self.range.lowerBound), Self.range.upperBound)
  }

  /// Returns nil for a moment that is out of range, such as from a broken clock.
  package init?(exactly secondsSince1970: Int64) {
    guard Self.range.contains(secondsSince1970) else { return nil }
    self.secondsSince1970 = secondsSince1970
  }

  private static let secondsPerDay: Int64 = 86_400

  /// Whole days from this moment to another, rounded down; negative if the other is earlier.
  package func days(until other: Timestamp) -> Int64 {
    let seconds = other.secondsSince1970 - secondsSince1970
    return seconds >= 0
      ? seconds / Self.secondsPerDay
      : -((-seconds + Self.secondsPerDay - 1) / Self.secondsPerDay)
  }

  /// The moment this many seconds later; clamped to the years 1970 to 9999.
  package func adding(seconds: Int64) -> Timestamp {
    let (sum, overflows) = secondsSince1970.addingReportingOverflow(seconds)
    return overflows ? .latest : Timestamp(secondsSince1970: sum)
  }

  package static func < (left: Timestamp, right: Timestamp) -> Bool {
    left.secondsSince1970 < right.secondsSince1970
  }

  /// In the format of RFC 3339: `2026-11-23T06:28:00Z`.
  package var description: String {
    let time = secondsSince1970.quotientAndRemainder(flooredBy: Self.secondsPerDay)
    let date = Self.civilDate(daysSince1970: time.quotient)
    return "\(date.year, 4)-\(date.month, 2)-\(date.day, 2)T"
      + "\(time.remainder / 3600, 2):\(time.remainder / 60 % 60, 2):\(time.remainder % 60, 2)Z"
  }

  /// The date alone: `2026-11-23`.
  package var date: String { String(description.prefix(10)) }

  /// Reads exactly what `description` writes.
  package init?(_ text: String) {
    let utf8 = Array(text.utf8)
    let digits = UInt8(ascii: "0")...UInt8(ascii: "9")
    let isShaped = zip(utf8, Self.shape).allSatisfy {
      $1 == digits.lowerBound ? digits ~= $0 : $0 == $1
    }
    guard utf8.count == Self.shape.count, isShaped else { return nil }
    func number(_ range: Range<Int>) -> Int64 {
      utf8[range].reduce(0) { $0 * 10 + Int64($1 - digits.lowerBound) }
    }
    let date = (year: number(0..<4), month: number(5..<7), day: number(8..<10))
    let time = (hour: number(11..<13), minute: number(14..<16), second: number(17..<19))
    guard time.hour < 24, time.minute < 60, time.second < 60 else { return nil }
    // A day that is not in the calendar becomes another one.
    let days = Self.daysSince1970(year: date.year, month: date.month, day: date.day)
    guard Self.civilDate(daysSince1970: days) == date else { return nil }
    self.init(
      exactly: days * Self.secondsPerDay + time.hour * 3600 + time.minute * 60 + time.second)
  }

  private static let shape = Array("0000-00-00T00:00:00Z".utf8)

  /// The proleptic Gregorian calendar counted from 1 March of the year 0, so that a leap day ends a year.
  private static func civilDate(daysSince1970: Int64) -> (year: Int64, month: Int64, day: Int64) {
    let (era, dayOfEra) = (daysSince1970 + 719_468).quotientAndRemainder(flooredBy: 146_097)
    let yearOfEra =
      (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shifted = (5 * dayOfYear + 2) / 153
    let month = shifted < 10 ? shifted + 3 : shifted - 9
    let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    return (year, month, dayOfYear - (153 * shifted + 2) / 5 + 1)
  }

  private static func daysSince1970(year: Int64, month: Int64, day: Int64) -> Int64 {
    let year = month <= 2 ? year - 1 : year
    let (era, yearOfEra) = year.quotientAndRemainder(flooredBy: 400)
    let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
    let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
    return era * 146_097 + dayOfEra - 719_468
  }
}

extension Timestamp: Codable {
  package init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    let text = try container.decode(String.self)
    guard let value = Timestamp(text) else {
      throw DecodingError.dataCorruptedError(
        in: container, debugDescription: "\"\(text)\" is not a time such as 2026-11-23T06:28:00Z")
    }
    self = value
  }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(description)
  }
}

extension Int64 {
  fileprivate func quotientAndRemainder(
    flooredBy divisor: Int64
  ) -> (quotient: Int64, remainder: Int64) {
    let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
    return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
  }
}

extension DefaultStringInterpolation {
  /// A number with leading zeros.
  fileprivate mutating func appendInterpolation(_ number: Int64, _ digits: Int) {
    let text = String(number)
    appendLiteral(String(repeating: "0", count: max(0, digits - text.count)) + text)
  }
}
