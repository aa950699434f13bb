import Fleet
import Inventories
import Testing

@Suite("A published list of ranges")
struct RangeListTests {
  private func mistake(_ text: String) -> String? {
    do throws(RangeList.Mistake) {
      _ = try RangeList(text)
      return nil
    } catch {
      return error.description
    }
  }

  @Test("is read with comments, empty lines and either line end, sorted and without overlaps")
  func read() throws {
    let list = try RangeList(
      "# list\n8.8.8.0/24\r\n\n  1.1.1.1 # one\n8.8.0.0/16\n2606:4700::/32\n8.8.8.0/24")
    #expect(list.ranges.map(\.description) == ["1.1.1.1", "8.8.0.0/16", "2606:4700::/32"])
  }

  @Test(
    "is refused if it is empty, something else, or not public",
    arguments: [
      ("", "it has no address range"), ("# nothing\n\n", "it has no address range"),
      ("8.8.8.0/24\n<html>\n", "line 2 is not an address range: \"<html>\""),
      ("8.8.8.1/24", "line 1 is not an address range: \"8.8.8.1/24\""),
      ("8.8.8.8\u{1B}[2J", "line 1 is not an address range: \"8.8.8.8[2J\""),
      (
        "0.0.0.0/0",
        "line 1, 0.0.0.0/0, is too large for one network: its prefix is shorter than 8"
      ),
      ("::/0", "line 1, ::/0, is too large for one network: its prefix is shorter than 16"),
      ("10.1.0.0/16", "line 1, 10.1.0.0/16, is not public: 10.0.0.0/8 is private"),
      ("172.0.0.0/8", "line 1, 172.0.0.0/8, is not public: 172.16.0.0/12 is private"),
      ("127.0.0.1", "line 1, 127.0.0.1, is not public: 127.0.0.0/8 is the host itself"),
      ("::ffff:0:0/96", "line 1, ::ffff:0:0/96, is not public: ::/8 is reserved"),
      ("fd00::/16", "line 1, fd00::/16, is not public: fc00::/7 is private"),
    ])
  func refused(text: String, why: String) { #expect(mistake(text) == why) }

  private func check(_ text: String, instead old: String) throws -> String? {
    let old = try RangeList(old).ranges
    do throws(RangeList.Mistake) {
      try RangeList(text).check(instead: old)
      return nil
    } catch {
      return error.description
    }
  }

  @Test("is refused if it is far smaller or larger than the previous one, in either family")
  func size() throws {
    let remedy = "name every list, or add --any-size"
    let old = "8.8.0.0/16\n2606:4700::/32"
    #expect(try check(old, instead: old) == nil)
    #expect(try check("8.8.0.0/17\n2606:4700::/33", instead: old) == nil)
    #expect(
      try check("8.8.0.0/18\n2606:4700::/32", instead: old)
        == "it has less than half of the current IPv4 addresses: \(remedy)")
    #expect(try check("8.8.0.0/16", instead: old) == "it no longer has an IPv6 range: \(remedy)")
    #expect(
      try check("8.8.0.0/16\n2606:4000::/21", instead: old)
        == "it has more than four times the current IPv6 addresses: \(remedy)")
    #expect(try check(old, instead: "8.8.0.0/16") == nil)
  }

  @Test("keeps the URLs from which it was downloaded")
  func sources() throws {
    let ranges = PublishedRanges(
      date: "2026-10-05", ranges: [try #require(AddressRange("8.8.0.0/16"))],
      from: ["https://network.example/v4", "https://network.example/v6"])
    #expect(try PublishedRanges(reading: ranges.text) == ranges)
    #expect(try RangeList(ranges.text).ranges == ranges.ranges)
  }

  @Test("of each built-in network is acceptable")
  func shipped() throws {
    for network in KnownNetwork.allCases {
      let ranges = network.shipped
      #expect(try PublishedRanges(reading: ranges.text) == ranges)
      #expect(try RangeList(ranges.text).ranges == ranges.ranges)
      #expect(ranges.ranges.contains { $0.address.bitWidth == 128 })
    }
  }

  @Test(
    "that is stored must contain its date",
    arguments: ["8.8.8.0/24\n", "# Published on 2026-1\n8.8.8.8"])
  func undated(text: String) {
    #expect(throws: RangeList.Mistake.self) { try PublishedRanges(reading: text) }
  }
}
