import Fleet
import Testing

@Suite("A list of hosts for people")
struct HostListTests {
  private func listed(_ names: String) throws -> String {
    try names.split(separator: " ").map { try #require(HostName(String($0))) }.listed()
  }

  @Test(
    "three or more consecutive numbers become a range, and nothing else does",
    arguments: [
      ("app-1", "app-1"), ("app-1 app-2", "app-1, app-2"),
      ("app-1 app-2 app-3", "app-1 … app-3"),
      ("app-1 app-2 app-3 app-5 app-6 app-7 app-9", "app-1 … app-3, app-5 … app-7, app-9"),
      ("app-9 app-10 app-11", "app-9 … app-11"),
      ("eu1-web eu2-web eu3-web", "eu1-web … eu3-web"),
      ("eu-1 us-2 us-3", "eu-1, us-2, us-3"), ("app-1 app-2 db app-3", "app-1, app-2, db, app-3"),
      ("app-08 app-09 app-10", "app-08 … app-10"), ("app-8 app-09 app-10", "app-8, app-09, app-10"),
      ("app-098 app-099 app-100", "app-098 … app-100"),
      ("app-01 app-2 app-03", "app-01, app-2, app-03"),
      ("a1.x a2.x a3.y", "a1.x, a2.x, a3.y"), ("a b c", "a, b, c"),
      ("app-3 app-2 app-1", "app-3, app-2, app-1"),
      (
        "x99999999999999999998 x99999999999999999999",
        "x99999999999999999998, x99999999999999999999"
      ),
    ])
  func ranges(_ names: String, _ text: String) throws {
    #expect(try listed(names) == text)
  }

  @Test("after ten hosts or ranges follows the number of the other hosts")
  func rest() throws {
    let single = (1...12).compactMap { HostName("h\($0 * 2)") }
    #expect(single.listed().hasSuffix("h18, h20 and 2 more"))
    let ranges = [1, 2, 3].compactMap { HostName("a\($0)") } + single
    #expect(ranges.listed().hasPrefix("a1 … a3, h2, "))
    #expect(ranges.listed().hasSuffix("h18 and 3 more"))
    #expect(ranges.listed(separator: " ", most: 1) == "a1 … a3 and 12 more")
    #expect([HostName]().listed().isEmpty)
  }
}
