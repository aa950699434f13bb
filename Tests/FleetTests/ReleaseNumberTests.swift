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
}
