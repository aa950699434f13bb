import Fleet
import Testing

@Suite("Periods")
struct PeriodTests {
  @Test(
    "a period is a number with its unit",
    arguments: [
      ("0s", 0), ("30s", 30), ("10m", 600), ("12h", 43_200), ("30d", 2_592_000),
      ("1y", 31_536_000), ("100y", 3_153_600_000),
    ])
  func periods(_ text: String, _ seconds: Int64) {
    #expect(Period(text)?.seconds == seconds)
    #expect(Period(text).flatMap { Period($0.description) }?.seconds == seconds)
  }

  @Test(
    "a text that is not a period is refused",
    arguments: [
      "", "s", "30", "30 s", "-1d", "+1d", "1.5h", "101y", "1w", "9223372036854775808s",
      "1d\u{301}",
      "٣d",
    ])
  func notPeriods(_ text: String) {
    #expect(Period(text) == nil)
  }
}
