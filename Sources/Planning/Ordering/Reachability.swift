import Firewall
import Fleet

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
