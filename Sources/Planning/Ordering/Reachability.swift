import Firewall
import Fleet

extension [Opening] {
  /// The named targets, such as `22/tcp, 443/tcp`.
  var ports: String {
    map(\.target).filter { $0 != .everythingElse }.map(\.description).joined(separator: ", ")
  }
}

extension Opening.Source {
  var isNobody: Bool { self == .ranges([]) }
}
