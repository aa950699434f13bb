/// The addresses of a host in one network: one, or one of each family (dual stack).
package struct AddressPair: Hashable, Sendable {
  /// The one that carries the traffic, if both ends have this family.
  package let first: IPAddress
  /// The one of the other family; nil if there is none.
  package let second: IPAddress?

  /// - Parameter second: of the other family; nil if there is none.
  package init(_ first: IPAddress, _ second: IPAddress? = nil) {
    precondition(
      second?.bitWidth != first.bitWidth, "Both are of one family. This is a bug in deploy.")
    (self.first, self.second) = (first, second)
  }

  /// The preferred one first.
  package var all: [IPAddress] { [first] + (second.map { [$0] } ?? []) }

  /// The address of the same family as another one; only these two can connect.
  package func address(like other: IPAddress) -> IPAddress? {
    first.bitWidth == other.bitWidth ? first : second?.bitWidth == other.bitWidth ? second : nil
  }
}

extension AddressPair: CustomStringConvertible {
  package var description: String { all.map(\.description).joined(separator: ", ") }
}
