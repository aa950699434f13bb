import Fleet
import SSH
import Verification

extension SSHConnector {
  /// Always uses libssh2, which multiplexes streams over one connection.
  func gateway(
    through host: HostName, _ connection: HostAccess
  ) async throws -> any ProbeGateway {
    let (destination, deadlines) = try await destinations.destination(of: host, connection)
    return SSHGateway(gateway: client.gateway(through: destination, deadlines: deadlines))
  }
}

/// A host logged in to with libssh2, as verification uses it.
private struct SSHGateway: ProbeGateway {
  let gateway: Gateway

  func connect() async throws { try await gateway.connect() }

  func open(
    to address: IPAddress, port: Port, within limit: Duration
  ) async throws -> any ProbeStream {
    SSHStream(
      stream: try await gateway.open(to: address.description, port: port.number, within: limit))
  }

  func answers(within limit: Duration) async throws -> Bool {
    try await gateway.answers(within: limit)
  }
}

private struct SSHStream: ProbeStream {
  let stream: SSH.ByteStream

  func read(within limit: Duration) async throws -> [UInt8]? {
    try await stream.read(within: limit)
  }

  func write(_ bytes: [UInt8], within limit: Duration) async throws {
    try await stream.write(bytes, within: limit)
  }

  func close() async { await stream.close() }
}
