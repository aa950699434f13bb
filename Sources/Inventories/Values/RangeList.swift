package import Fleet

/// A network's list of address ranges as it is published: one range a line, `#` begins a comment.
/// `deploy cdn update` reads it.
package struct RangeList: Hashable, Sendable {
  /// Why a list is not accepted as the ranges of a network; the description has no full stop.
  package struct Mistake: Error, Hashable, CustomStringConvertible {
    package var description: String

    package init(description: String) { self.description = description }
  }

  /// Sorted, none within another.
  package let ranges: [AddressRange]

  /// Reads a list of at least one range. All must be public, and none too large for one network.
  package init(_ text: String) throws(Mistake) {
    var ranges: Set<AddressRange> = []
    for (index, line) in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
      .enumerated()
    {
      let written = line.prefix { $0 != "#" }.trimmingSpaces
      if written.isEmpty { continue }
      guard let range = AddressRange(String(written)) else {
        throw Mistake(description: "line \(index + 1) is not an address range: \(shown(written))")
      }
      if let why = range.reasonToRefuse {
        throw Mistake(description: "line \(index + 1), \(range), is \(why)")
      }
      ranges.insert(range)
    }
    guard !ranges.isEmpty else { throw Mistake(description: "it has no address range") }
    self.ranges = ranges.filter { range in
      !ranges.contains { $0 != range && $0.covers(range) }
    }.sorted()
  }

  /// Refuses a list that most likely is not the successor of an old one: for IPv4 or IPv6, it has
  /// less than half or more than four times as many addresses.
  package func check(instead old: [AddressRange]) throws(Mistake) {
    let remedy = "name every list, or add --any-size"
    for (name, width) in [("IPv4", 32), ("IPv6", 128)] {
      let before = old.size(ofAddressesWith: width), after = ranges.size(ofAddressesWith: width)
      if after < before / 2 {
        throw Mistake(
          description: after == 0
            ? "it no longer has an \(name) range: \(remedy)"
            : "it has less than half of the current \(name) addresses: \(remedy)")
      }
      if before > 0, after > 4 * before {
        throw Mistake(
          description: "it has more than four times the current \(name) addresses: \(remedy)")
      }
    }
  }
}

/// The start of a line of a downloaded list, safe for a message.
private func shown(_ text: some StringProtocol) -> String {
  "\"" + String(String.UnicodeScalarView(text.unicodeScalars.prefix(40).filter(\.isPrintableText)))
    + "\""
}

extension AddressRange {
  /// Addresses that are not public on the Internet (RFC 6890 and its registries).
  private static let special: [(range: AddressRange, name: String)] = [
    ("0.0.0.0/8", "not a source of connections"), ("10.0.0.0/8", "private"),
    ("100.64.0.0/10", "shared by providers"), ("127.0.0.0/8", "the host itself"),
    ("169.254.0.0/16", "link-local"), ("172.16.0.0/12", "private"),
    ("192.0.0.0/24", "reserved"), ("192.0.2.0/24", "for documentation"),
    ("192.168.0.0/16", "private"), ("198.18.0.0/15", "for benchmarks"),
    ("198.51.100.0/24", "for documentation"), ("203.0.113.0/24", "for documentation"),
    ("224.0.0.0/4", "multicast"), ("240.0.0.0/4", "reserved"), ("::/8", "reserved"),
    ("100::/64", "discarded"), ("2001:db8::/32", "for documentation"), ("fc00::/7", "private"),
    ("fe80::/10", "link-local"), ("ff00::/8", "multicast"),
  ].map { text, name in
    guard let range = AddressRange(text) else {
      preconditionFailure("\(text) is not a range. This is a bug in deploy.")
    }
    return (range, name)
  }

  /// Why the range cannot belong to a content delivery network: it is not public, or too large. Nil
  /// if it can.
  fileprivate var reasonToRefuse: String? {
    let shortest = address.bitWidth == 32 ? 8 : 16
    guard prefixLength >= shortest else {
      return "too large for one network: its prefix is shorter than \(shortest)"
    }
    return Self.special.first { $0.range.covers(self) || covers($0.range) }.map { special in
      "not public: \(special.range) is \(special.name)"
    }
  }
}

extension [AddressRange] {
  /// The number of addresses of 32 or 128 bits; no two ranges may overlap.
  fileprivate func size(ofAddressesWith width: Int) -> Double {
    filter { $0.address.bitWidth == width }.reduce(0) { sum, range in
      sum + Double(sign: .plus, exponent: width - range.prefixLength, significand: 1)
    }
  }
}

extension StringProtocol {
  fileprivate var trimmingSpaces: SubSequence {
    guard let first = firstIndex(where: { !$0.isWhitespace }),
      let last = lastIndex(where: { !$0.isWhitespace })
    else { return self[startIndex..<startIndex] }
    return self[first...last]
  }
}

extension PublishedRanges {
  private static let head = "# Published on "
  /// Begins a line with a URL from which `deploy renew` downloads newer ranges.
  private static let origin = "# From "

  /// The text of the file that `deploy` keeps next to the inventory.
  package var text: String {
    ([Self.head + date + "; kept up to date by deploy cdn update."]
      + sources.map { Self.origin + $0 } + ranges.map(\.description))
      .map { $0 + "\n" }.joined()
  }

  /// Reads a file that `text` was written to. Its ranges are checked again, since the file may have
  /// been edited.
  package init(reading text: String) throws(RangeList.Mistake) {
    let date = text.dropFirst(Self.head.count).prefix(10)
    guard text.hasPrefix(Self.head), date.utf8.count == 10,
      date.utf8.allSatisfy({ $0.isDigit || $0 == UInt8(ascii: "-") })
    else {
      throw RangeList.Mistake(
        description: "its first line should begin with \"\(Self.head)\" and a date")
    }
    let sources = text.split(whereSeparator: \.isNewline).filter { $0.hasPrefix(Self.origin) }
      .map { String($0.dropFirst(Self.origin.count)) }
    self.init(date: String(date), ranges: try RangeList(text).ranges, from: sources)
  }
}
