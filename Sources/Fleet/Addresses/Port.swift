/// A TCP port, 1 to 65535.
package struct Port: Hashable, Sendable, Comparable, CustomStringConvertible {
  package let number: UInt16
  package static let ssh = Port(unchecked: 22)
  package static let dns = Port(unchecked: 53)
  package static let http = Port(unchecked: 80)
  package static let https = Port(unchecked: 443)

  package init?(_ number: Int) {
    guard (1...65535).contains(number) else { return nil }
    self.number = UInt16(number)
  }

  private init(unchecked number: UInt16) { self.number = number }

  package var description: String { String(number) }

  package static func < (left: Port, right: Port) -> Bool { left.number < right.number }
}
