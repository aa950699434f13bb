import Fleet
import TestSupport
import Testing

@Suite("The order of host names")
struct HostNameOrderTests {
  @Test(
    "is the one that people expect of names with numbers",
    arguments: [
      ["h1", "h2", "h10", "h11", "h100"],
      ["app", "app-1", "app-2", "app-10", "app-10a", "app10"],
      ["9a", "10", "a"],
      ["eu1.db2", "eu1.db10", "eu2.db1", "eu10.db1"],
      // Numbers larger than an integer.
      ["a99999999999999999999", "a100000000000000000000"],
      // Zeros before a number decide last.
      ["h02", "h2", "h03", "h3"], ["h02-b", "h2-c"], ["h0", "h00-a"], ["h002", "h02", "h2"],
    ])
  func natural(_ names: [String]) throws {
    let hosts = try names.map { try #require(HostName($0)) }
    #expect(hosts.reversed().sorted().map(\.text) == names)
  }

  /// Names that differ little: equal numbers with zeros, numbers beside hyphens and dots, prefixes of others.
  private static func names(_ count: Int, _ generator: inout SeededGenerator) -> [HostName] {
    let parts = ["a", "b", "-", ".", "0", "00", "1", "2", "9", "10", "19", "100"]
    var names: [HostName] = []
    while names.count < count {
      let length = Int.random(in: 1...5, using: &generator)
      let text = (0..<length).map { _ in parts.randomElement(using: &generator) ?? "" }.joined()
      if let name = HostName(text) { names.append(name) }
    }
    return names
  }

  @Test("is total: of two names, one comes first unless they are equal")
  func totality() {
    var generator = SeededGenerator.announced()
    let names = Self.names(TestSetting.count(300, inSweep: 3000), &generator)
    for left in names {
      for right in names {
        let relations = [left < right, left == right, right < left]
        #expect(relations.count(where: \.self) == 1, "\(left) and \(right)")
      }
    }
  }

  @Test("is transitive")
  func transitivity() {
    var generator = SeededGenerator.announced()
    let names = Self.names(TestSetting.count(60, inSweep: 200), &generator)
    for first in names {
      for second in names where first < second {
        for third in names where second < third {
          #expect(first < third, "\(first), \(second), \(third)")
        }
      }
    }
  }

  @Test("does not depend on the order in which names were before")
  func sorting() {
    var generator = SeededGenerator.announced()
    let names = Self.names(200, &generator)
    #expect(names.sorted() == names.shuffled(using: &generator).sorted())
  }

  @Test("is the order of bytes where names are stored or rendered")
  func stored() {
    let names = ["h10", "h2", "h1"].compactMap { HostName($0) }
    #expect(names.sortedByText().map(\.text) == ["h1", "h10", "h2"])
    #expect(names.sorted().map(\.text) == ["h1", "h2", "h10"])
  }
}
