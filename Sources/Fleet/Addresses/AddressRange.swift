/// A block of addresses in CIDR notation, with no bit set behind the prefix.
package struct AddressRange: Hashable, Sendable, Comparable, CustomStringConvertible {
  package let address: IPAddress
  package let prefixLength: Int

  package init(_ address: IPAddress) {
    self.address = address
    self.prefixLength = address.bitWidth
  }

  init(_ address: IPAddress, _ prefixLength: Int) {
    self.address = address
    self.prefixLength = prefixLength
  }

  /// Returns nil if the text is not a range, or has bits set behind its prefix.
  package init?(_ text: String) {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count <= 2, let address = IPAddress(String(parts[0])) else { return nil }
    guard parts.count == 2 else {
      self.address = address
      self.prefixLength = address.bitWidth
      return
    }
    guard (1...3).contains(parts[1].utf8.count), parts[1].utf8.allSatisfy(\.isDigit),
      parts[1] == "0" || parts[1].first != "0", let length = Int(parts[1]),
      length <= address.bitWidth,
      Self.network(of: address, length) == address
    else { return nil }
    self.address = address
    self.prefixLength = length
  }

  /// The highest address that a host can have in the range.
  package var lastHost: IPAddress {
    let free = address.bitWidth - prefixLength
    return switch address {
    case .v4(let bits): free < 2 ? address : .v4(bits + ((1 << UInt32(free)) - 2))
    case .v6(let bits): free < 2 ? address : .v6(bits + ((1 << UInt128(free)) - 2))
    }
  }

  /// Whether an address is in the range; one of the other family never is.
  package func contains(_ other: IPAddress) -> Bool {
    address.bitWidth == other.bitWidth
      && Self.network(of: other, prefixLength) == Self.network(of: address, prefixLength)
  }

  /// Whether it contains every address of another range.
  package func covers(_ other: AddressRange) -> Bool {
    prefixLength <= other.prefixLength && contains(other.address)
  }

  /// The range that a text such as `198.51.100.7/24` means when the bits behind the prefix are cleared.
  package static func network(around text: String) -> AddressRange? {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count == 2, let address = IPAddress(String(parts[0])), let length = Int(parts[1]),
      (0...address.bitWidth).contains(length)
    else { return nil }
    return AddressRange(network(of: address, length), length)
  }

  private static func network(of address: IPAddress, _ length: Int) -> IPAddress {
    switch address {
    case .v4(let bits): .v4(length == 0 ? 0 : bits & (UInt32.max << UInt32(32 - length)))
    case .v6(let bits): .v6(length == 0 ? 0 : bits & (UInt128.max << UInt128(128 - length)))
    }
  }

  package var description: String {
    prefixLength == address.bitWidth ? address.description : "\(address)/\(prefixLength)"
  }

  package static func < (left: AddressRange, right: AddressRange) -> Bool {
    (left.address, left.prefixLength) < (right.address, right.prefixLength)
  }
}
