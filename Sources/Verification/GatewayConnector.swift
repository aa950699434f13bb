package import Execution
package import Fleet

/// Connects to hosts, and through them to the addresses that they can reach.
package protocol GatewayConnector: Connector {
  /// A gateway whose connections start on the host, so that the other end sees the host's address. Nothing is
  /// sent yet.
  func gateway(
    through host: HostName, _ connection: HostAccess
  ) async throws -> any ProbeGateway
}

/// A host from which TCP connections are opened. Releasing it closes the connection to the host.
///
/// Its errors are `SSHError`: `streamRefused` if the other end refused, `timedOut` if it was silent.
package protocol ProbeGateway: Sendable {
  /// Logs in to the host, unless that has been done.
  func connect() async throws
  func open(
    to address: IPAddress, port: Port, within limit: Duration
  ) async throws -> any ProbeStream
  /// Whether the host itself answers within a time limit.
  func answers(within limit: Duration) async throws -> Bool
}

/// A TCP connection that a host has opened. Releasing it closes it.
package protocol ProbeStream: Sendable {
  /// The next bytes; nil at the end.
  func read(within limit: Duration) async throws -> [UInt8]?
  func write(_ bytes: [UInt8], within limit: Duration) async throws
  func close() async
}

extension HostAccess {
  /// The first host on the way to this one, whose sshd carries the connections to all hosts behind it; nil if
  /// there is none in the inventory.
  var bastion: String? {
    switch way {
    case .direct: ssh.jumps.first?.text
    case .through(let containerHost, let access): access.bastion ?? containerHost.text
    }
  }
}
