import Firewall
import Fleet
import State

/// A service of a host that a firewall may close: the port or protocol of a socket and its program.
struct ListeningService: Hashable, Comparable, CustomStringConvertible {
  let target: Opening.Target
  private let program: String?

  /// Nil if a firewall does not affect it: for sockets of clients, and for protocols that the firewall
  /// always accepts or that have no name in the inventory.
  init?(_ listener: HostSurroundings.Listener) {
    program = listener.program
    switch listener.kind {
    case .tcp:
      guard let port = Port(listener.port) else { return nil }
      target = .tcp(port)
    case .udp:
      guard let port = Port(listener.port), !Self.isOfClient(port, listener.program) else {
        return nil
      }
      target = .udp(PortRange(port))
    case .raw:
      guard let other = IPProtocol.allCases.first(where: { $0.number == listener.port }) else {
        return nil
      }
      target = .other(other)
    }
  }

  /// Whether a UDP socket belongs to a client. Clients get their port from a range (ip(7),
  /// `ip_local_port_range`) unless they speak DHCP, and replies to them pass the firewall. WireGuard's
  /// usual port is in the same range, but its socket belongs to the kernel and has no program.
  private static func isOfClient(_ port: Port, _ program: String?) -> Bool {
    [68, 546].contains(port.number) || program != nil && (32_768...60_999).contains(port.number)
  }

  var description: String {
    switch target {
    case .udp where program == nil: "\(target) (unknown program, or the kernel as for WireGuard)"
    default: "\(target) (\(program ?? "unknown program"))"
    }
  }

  /// The `firewall.allow` entry that opens it; nil for TCP, for which the port is enough.
  var example: String? {
    switch target {
    case .udp(let ports): "{port: \(ports), protocol: udp}"
    case .other(let other): "{protocol: \(other.rawValue)}"
    case .tcp, .tcpRange, .everythingElse: nil
    }
  }

  static func < (left: Self, right: Self) -> Bool {
    (left.target, left.program ?? "") < (right.target, right.program ?? "")
  }
}
