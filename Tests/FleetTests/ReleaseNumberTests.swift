import Fleet
import Testing

@Suite("The number of a release")
struct ReleaseNumberTests {
  @Test(
    "is read in the form in which it is written", arguments: [1, 7, 999_999_999, 1_000_000_000])
  func roundTrip(_ value: Int) throws {
    let number = try #require(ReleaseNumber(value))
    #expect(number.description == String(value))
    #expect(ReleaseNumber(number.description) == number)
  }

  @Test("is out of range below 1 and above 10^9", arguments: [.min, -1, 0, 1_000_000_001, .max])
  func bounds(_ value: Int) {
    #expect(ReleaseNumber(value) == nil)
    #expect(ReleaseNumber(String(value)) == nil)
  }

  @Test(
    "is not read from anything else",
    arguments: ["", " 1", "1 ", "+1", "-1", "01", "0x1", "1.0", "١", "9223372036854775808", "1\n"])
  func refusals(_ text: String) {
    #expect(ReleaseNumber(text) == nil)
  }

  @Test("is followed by the next ones, up to the last number of the range")
  func following() throws {
    #expect(ReleaseNumber.first.value == 1 && ReleaseNumber.first.following(6).value == 7)
    #expect(ReleaseNumber.first.following(6).following() == ReleaseNumber(8))
    let last = try #require(ReleaseNumber(ReleaseNumber.range.upperBound))
    #expect(last.following(3) == last)
  }

  @Test("is written as 0 if there is none, for hosts, hooks and JSON")
  func none() {
    #expect(ReleaseNumber?.none.orZero == 0 && ReleaseNumber(7).orZero == 7)
  }

  @Test("of what was there before is 0 for no release", arguments: ["0", "1", "1000000000"])
  func before(_ text: String) throws {
    let before = try #require(ReleaseBefore(text))
    #expect(before.description == text)
    #expect((before == .noRelease) == (text == "0"))
    #expect(ReleaseBefore(before.number) == before)
  }

  @Test(
    "of what was there before is not read from anything else", arguments: ["", "-1", "00", "+0"])
  func refusedBefore(_ text: String) {
    #expect(ReleaseBefore(text) == nil)
  }
}
