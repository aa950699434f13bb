import Fleet
import Testing

@Suite("Ranges of ports")
struct PortRangeTests {
  @Test(
    "are read in the form in which they are written",
    arguments: ["1", "443", "10000-20000", "1-65535"])
  func read(_ text: String) {
    #expect(PortRange(text)?.description == text)
  }

  @Test(
    "are refused if they are malformed",
    arguments: [
      "", "0", "65536", "1-", "-1", "2-1", "1-2-3", "a-b", "1 - 2", "1-65536", "0-5", "١-٢", "1:2",
      "99999999999999999999-1",
    ])
  func refused(_ text: String) {
    #expect(PortRange(text) == nil)
  }
}
