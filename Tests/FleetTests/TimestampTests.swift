import Fleet
import Glibc
import TestSupport
import Testing

@Suite("A timestamp")
struct TimestampTests {
  private static let (first, last) = (Timestamp.earliest, Timestamp.latest)

  /// What the C library makes of a moment.
  private func systemText(_ seconds: Int64) -> String {
    var time = time_t(seconds)
    var parts = tm()
    gmtime_r(&time, &parts)
    func digits(_ number: Int32, _ count: Int) -> String {
      let text = String(number)
      return String(repeating: "0", count: count - text.count) + text
    }
    return "\(digits(parts.tm_year + 1900, 4))-\(digits(parts.tm_mon + 1, 2))-"
      + "\(digits(parts.tm_mday, 2))T\(digits(parts.tm_hour, 2)):\(digits(parts.tm_min, 2)):"
      + "\(digits(parts.tm_sec, 2))Z"
  }

  @Test("is written as the C library does it, and read back, from 1970 to 9999")
  func roundTrip() {
    var random = SeededGenerator(seed: 1)
    for _ in 0..<10_000 {
      let seconds = Int64.random(
        in: Self.first.secondsSince1970...Self.last.secondsSince1970, using: &random)
      let moment = Timestamp(secondsSince1970: seconds)
      #expect(moment.description == systemText(seconds))
      #expect(Timestamp(moment.description) == moment)
    }
  }

  @Test("is right on every day of eight centuries, leap days among them")
  func everyDay() {
    for day in Int64(0)..<300_000 where day % 7 == 0 || day % 365 < 3 {
      let seconds = day * 86_400
      #expect(Timestamp(secondsSince1970: seconds).description == systemText(seconds))
    }
  }

  @Test("is read as timegm reads its fields")
  func timegmAgrees() {
    var random = SeededGenerator(seed: 2)
    for _ in 0..<2_000 {
      var parts = tm()
      parts.tm_year = Int32.random(in: 70...8099, using: &random)
      parts.tm_mon = Int32.random(in: 0...11, using: &random)
      parts.tm_mday = Int32.random(in: 1...28, using: &random)
      parts.tm_sec = Int32.random(in: 0...59, using: &random)
      let seconds = Int64(timegm(&parts))
      #expect(Timestamp(systemText(seconds))?.secondsSince1970 == seconds)
    }
  }

  @Test("is clamped to the years 1970 to 9999")
  func bounds() {
    #expect(Self.first.description == "1970-01-01T00:00:00Z")
    #expect(Self.last.description == "9999-12-31T23:59:59Z")
    #expect(Timestamp("1970-01-01T00:00:00Z") == Self.first)
    #expect(Timestamp("9999-12-31T23:59:59Z") == Self.last)
    #expect(Timestamp("1969-12-31T23:59:59Z") == nil)
    for seconds in [Int64.min, -1] {
      #expect(Timestamp(secondsSince1970: seconds) == Self.first)
      #expect(Timestamp(exactly: seconds) == nil)
    }
    for seconds in [Self.last.secondsSince1970 + 1, .max] {
      #expect(Timestamp(secondsSince1970: seconds) == Self.last)
      #expect(Timestamp(exactly: seconds) == nil)
    }
    #expect(Timestamp(exactly: Self.last.secondsSince1970) == Self.last)
  }

  @Test("stays in these years when seconds are added or subtracted")
  func arithmetic() {
    for moment in [Self.first, Timestamp(secondsSince1970: 1_795_415_280), Self.last] {
      #expect(moment.adding(seconds: .max) == Self.last)
      #expect(moment.adding(seconds: .min) == Self.first)
    }
    #expect(Self.first.days(until: Self.last) == 2_932_896)
    #expect(Self.last.days(until: Self.first) == -2_932_897)
  }

  @Test(
    "is not read from anything else",
    arguments: [
      "", "2026-11-23", "2026-11-23T06:28:00", "2026-11-23T06:28:00z", "2026-11-23 06:28:00Z",
      "2026-02-29T00:00:00Z", "2100-02-29T00:00:00Z", "2026-00-01T00:00:00Z",
      "2026-13-01T00:00:00Z", "2026-01-00T00:00:00Z", "2026-04-31T00:00:00Z",
      "2026-01-01T24:00:00Z", "2026-01-01T00:60:00Z", "2026-01-01T00:00:60Z",
      "-026-01-01T00:00:00Z", "+026-01-01T00:00:00Z", "2026-1-001T00:00:00Z",
      "2026:11-23T06:28:00Z", "2026-11-23T06-28:00Z", "２026-11-23T06:28:0Z",
      " 2026-11-23T06:28:0Z", "2026-11-23T06:28:00Z ", "2026-11-23T06:28:00Z\n",
    ])
  func refusals(_ text: String) {
    #expect(Timestamp(text) == nil)
  }

  @Test("exists on the leap days of the calendar", arguments: ["1972", "2000", "2024", "2400"])
  func leapDays(_ year: String) {
    #expect(Timestamp("\(year)-02-29T12:00:00Z")?.description == "\(year)-02-29T12:00:00Z")
  }

  @Test(
    "counts whole days down to the earlier one",
    arguments: [
      (0, 0), (1, 0), (86_399, 0), (86_400, 1), (86_401, 1), (172_799, 1), (172_800, 2),
      (-1, -1), (-86_399, -1), (-86_400, -1), (-86_401, -2), (-172_800, -2),
    ] as [(Int64, Int64)])
  func days(_ seconds: Int64, _ days: Int64) {
    let now = Timestamp(secondsSince1970: 1_795_415_280)
    #expect(now.days(until: now.adding(seconds: seconds)) == days)
  }
}
