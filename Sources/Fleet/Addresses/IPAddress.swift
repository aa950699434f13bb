/// An IPv4 or IPv6 address (RFC 4291; text as in RFC 5952).
package enum IPAddress: Hashable, Sendable, Comparable, CustomStringConvertible {
  case v4(UInt32)
  case v6(UInt128)

  package var bitWidth: Int {
    switch self {
    case .v4: 32
    case .v6: 128
    }
  }

  /// Whether packets to it stay on the host, where no firewall sees them (RFC 1122, 3.2.1.3; RFC 4291, 2.5.3).
  package var isLoopback: Bool {
    switch self {
    case .v4(let bits): bits >> 24 == 127
    case .v6(let bits): bits == 1
    }
  }

  package init?(_ text: String) {
    if text.utf8.contains(UInt8(ascii: ":")) {
      guard let bits = Self.parseV6(text) else { return nil }
      self = .v6(bits)
    } else {
      guard let bits = Self.parseV4(text) else { return nil }
      self = .v4(bits)
    }
  }

  /// The address itself, or nil if it does not belong to one host: unspecified, multicast, broadcast,
  /// an IPv6 address that needs a zone, or an IPv4 address written as IPv6 (RFC 4291, 2.5.5).
  package var ofOneHost: IPAddress? {
    let others: [AddressRange] =
      switch self {
      case .v4(let bits):
        bits == 0 || bits == .max ? [AddressRange(self)] : [AddressRange(.v4(0xE000_0000), 4)]
      case .v6:
        [
          AddressRange(.v6(0)), AddressRange(.v6(0xFF << 120), 8),
          AddressRange(.v6(0xFE80 << 112), 10), AddressRange(.v6(0xFFFF << 32), 96),
        ]
      }
    return others.contains { $0.contains(self) } ? nil : self
  }

  private static func parseV4(_ text: some StringProtocol) -> UInt32? {
    let zero = UInt8(ascii: "0")
    let parts = text.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
    guard parts.count == 4 else { return nil }
    var bits: UInt32 = 0
    for part in parts {
      guard (1...3).contains(part.count), part.allSatisfy(\.isDigit),
        part.count == 1 || part.first != zero
      else { return nil }
      let octet = part.reduce(0) { $0 * 10 + UInt32($1 - zero) }
      guard octet <= 255 else { return nil }
      bits = bits << 8 | octet
    }
    return bits
  }

  private static func parseV6(_ text: String) -> UInt128? {
    var text = Substring(text)
    var tail: [UInt16] = []
    if text.contains(".") {
      guard let colon = text.lastIndex(of: ":"),
        let low = parseV4(text[text.index(after: colon)...])
      else { return nil }
      tail = [UInt16(low >> 16), UInt16(low & 0xFFFF)]
      text = text[...colon]
      // `::1.2.3.4` keeps its double colon, `1:2:3:4:5:6:1.2.3.4` loses the single one.
      if !text.hasSuffix("::") { text = text.dropLast() }
    }
    let halves = text.splitAtDoubleColons()
    guard halves.count <= 2, let head = groups(halves[0]) else { return nil }
    guard halves.count == 2 else {
      return head.count + tail.count == 8 ? join(head + tail) : nil
    }
    guard let rest = groups(halves[1]) else { return nil }
    let missing = 8 - head.count - rest.count - tail.count
    guard missing >= 1 else { return nil }
    return join(head + Array(repeating: 0, count: missing) + rest + tail)
  }

  private static func groups(_ text: Substring) -> [UInt16]? {
    if text.isEmpty { return [] }
    var result: [UInt16] = []
    for part in text.split(separator: ":", omittingEmptySubsequences: false) {
      guard (1...4).contains(part.utf8.count), part.utf8.allSatisfy(\.isHexDigit),
        let group = UInt16(part, radix: 16)
      else { return nil }
      result.append(group)
    }
    return result
  }

  private static func join(_ groups: [UInt16]) -> UInt128 {
    groups.reduce(0) { $0 << 16 | UInt128($1) }
  }

  package var description: String {
    switch self {
    case .v4(let bits):
      return [24, 16, 8, 0].map { String(bits >> UInt32($0) & 0xFF) }.joined(separator: ".")
    case .v6(let bits):
      let groups = (0..<8).map { UInt16(truncatingIfNeeded: bits >> UInt128(112 - 16 * $0)) }
      return Self.text(of: groups)
    }
  }

  private static func text(of groups: [UInt16]) -> String {
    var longest = 0..<0
    var start = 0
    while start < 8 {
      var end = start
      while end < 8, groups[end] == 0 { end += 1 }
      if end - start > max(longest.count, 1) { longest = start..<end }
      start = max(end, start + 1)
    }
    func hex(_ part: ArraySlice<UInt16>) -> String {
      part.map { String($0, radix: 16) }.joined(separator: ":")
    }
    if longest.isEmpty { return hex(groups[...]) }
    return hex(groups[..<longest.lowerBound]) + "::" + hex(groups[longest.upperBound...])
  }

  /// As written before a port: an IPv6 address in brackets.
  package var inURL: String {
    switch self {
    case .v4: description
    case .v6: "[\(description)]"
    }
  }

  package static func < (left: IPAddress, right: IPAddress) -> Bool {
    switch (left, right) {
    case (.v4(let left), .v4(let right)): left < right
    case (.v6(let left), .v6(let right)): left < right
    case (.v4, .v6): true
    case (.v6, .v4): false
    }
  }
}

extension Substring {
  /// The parts before and after `::`; more than two if there are several.
  fileprivate func splitAtDoubleColons() -> [Substring] {
    var parts: [Substring] = []
    var start = startIndex
    var index = startIndex
    while index < endIndex {
      let next = self.index(after: index)
      if self[index] == ":", next < endIndex, self[next] == ":" {
        parts.append(self[start..<index])
        start = self.index(after: next)
        index = start
      } else {
        index = next
      }
    }
    parts.append(self[start...])
    return parts
  }
}

extension UInt8 {
  fileprivate var isHexDigit: Bool {
    isDigit || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(self)
      || (UInt8(ascii: "A")...UInt8(ascii: "F")).contains(self)
  }
}
