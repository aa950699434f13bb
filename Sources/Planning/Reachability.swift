import Firewall
import Inventories

extension [Opening] {
  /// Who reaches a TCP port.
  func source(ofPort number: Int) -> Opening.Source {
    Port(number).map { source(of: .tcp($0)) } ?? .ranges([])
  }

  /// What it names, such as `22/tcp, 443/tcp`.
  var ports: String {
    map(\.target).filter { $0 != .everythingElse }.map(\.description).joined(separator: ", ")
  }
}

extension Opening.Source {
  var isNobody: Bool { self == .ranges([]) }
}

extension IPAddress {
  /// Whether it stays on its host, whose firewall does not see it (RFC 1122, 3.2.1.3; RFC 4291, 2.5.3).
  var isLoopback: Bool {
    switch self {
    case .v4(let bits): bits >> 24 == 127
    case .v6(let bits): bits == 1
    }
  }
}
