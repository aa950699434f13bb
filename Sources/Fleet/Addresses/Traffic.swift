/// Ports from the first to the last one.
package struct PortRange: Hashable, Sendable, Comparable, CustomStringConvertible {
  package let first: Port
  package let last: Port

  /// Nil if the last port comes before the first.
  package init?(_ first: Port, _ last: Port) {
    guard first <= last else { return nil }
    (self.first, self.last) = (first, last)
  }

  package init(_ port: Port) { (first, last) = (port, port) }

  /// `443` or `10000-20000`.
  package init?(_ text: String) {
    let numbers = text.split(separator: "-", omittingEmptySubsequences: false).map { digits in
      (1...5).contains(digits.utf8.count) && digits.utf8.allSatisfy(\.isDigit)
        ? Int(digits).flatMap { Port($0) } : nil
    }
    guard (1...2).contains(numbers.count), let first = numbers[0], let last = numbers.last ?? nil
    else { return nil }
    self.init(first, last)
  }

  /// Whether a port is in the range.
  package func contains(_ port: Port) -> Bool { first <= port && port <= last }

  package var description: String { first == last ? "\(first)" : "\(first)-\(last)" }

  package static func < (left: Self, right: Self) -> Bool {
    (left.first, left.last) < (right.first, right.last)
  }
}

/// An IP protocol without ports that the firewall can accept, such as ESP, GRE or VRRP.
package enum IPProtocol: String, Hashable, Sendable, CaseIterable, Comparable {
  /// IPsec.
  case ah, esp
  /// Tunnels.
  case gre, ipip
  case igmp, ospf
  /// With which several hosts agree which of them has a shared address, as keepalived does.
  case vrrp

  /// Its number (IANA, Protocol Numbers), which every firewall accepts without a list of names.
  package var number: Int {
    switch self {
    case .igmp: 2
    case .ipip: 4
    case .gre: 47
    case .esp: 50
    case .ah: 51
    case .ospf: 89
    case .vrrp: 112
    }
  }

  package static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
}

/// What a packet is, by its protocol and its destination port.
package enum Traffic: Hashable, Sendable, Comparable {
  case tcp(PortRange)
  case udp(PortRange)
  case other(IPProtocol)
}
