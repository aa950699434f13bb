import Execution
import Fleet
import Planning
package import SSH
import State
import Verification

/// Connects to hosts by SSH, with libssh2 or with the system's OpenSSH, as the inventory says.
struct SSHConnector: GatewayConnector {
  let client: SSHClient
  let destinations: SSHDestinations

  init(_ client: SSHClient, _ destinations: SSHDestinations) {
    self.client = client
    self.destinations = destinations
  }

  /// Opens a connection with the transport that the inventory sets for the host.
  func connect(to host: HostName, _ connection: HostAccess) async throws -> any RemoteHost {
    let (destination, deadlines) = try await destinations.destination(of: host, connection)
    guard connection.ssh.transport == .openSSH else {
      return SSHHost(
        connection: try await client.connect(to: destination, deadlines: deadlines))
    }
    return OpenSSHHost(
      connection: try await OpenSSHConnection.connect(
        to: destination, configuration: destinations.file(of: connection.ssh), client: client,
        deadlines: deadlines))
  }
}

extension SSHError: LocalFailure {
  /// A message if the controller has nothing to log in with; nil for every other error.
  package var localCause: String? { code == .noCredentials ? detail : nil }
}

extension SSHError: HostFailure {}

extension SSHError: TransientFailure {
  /// Whether another attempt may succeed. A refused key is refused again, and sshd penalizes
  /// repeated attempts.
  package var isTransient: Bool {
    switch code {
    case .refused, .unreachable, .timedOut, .handshakeFailed, .connectionLost, .closed,
      .channelRefused, .streamRefused, .inputRefused, .cancelled:
      true
    case .invalidAddress, .knownHostsUnreadable, .hostKeyUnknown, .hostKeyChanged,
      .hostKeyRevoked, .noSharedAlgorithm, .noCredentials, .authenticationFailed,
      .forwardingProhibited,
      .tooMuchOutput, .resourceMissing:
      false
    }
  }
}

/// A host connected with libssh2.
private struct SSHHost: RemoteHost {
  let connection: SSH.Connection

  func start(_ command: String) async throws -> any Execution.RemoteProcess {
    SSHProcess(process: try await connection.start(command))
  }

  func close() async { await connection.close() }
}

/// A command on a host that is connected with libssh2.
private struct SSHProcess: Execution.RemoteProcess {
  let process: SSH.RemoteProcess

  func write(_ bytes: [UInt8], within limit: Duration) async throws {
    try await process.write(bytes, within: limit)
  }

  func closeInput(within limit: Duration) async throws {
    try await process.closeInput(within: limit)
  }

  func read(within limit: Duration) async throws -> [UInt8]? {
    try await process.read(within: limit)
  }

  func finish(within limit: Duration) async throws -> [UInt8] {
    _ = try await process.exitStatus(within: limit)
    return await process.standardError
  }
}

/// A host connected with the system's OpenSSH.
private struct OpenSSHHost: RemoteHost {
  let connection: OpenSSHConnection

  func start(_ command: String) async throws -> any Execution.RemoteProcess {
    OpenSSHCommand(process: try await connection.start(command))
  }

  func close() async { await connection.close() }
}

/// A command on a host that is connected with the system's OpenSSH.
private struct OpenSSHCommand: Execution.RemoteProcess {
  let process: OpenSSHProcess

  func write(_ bytes: [UInt8], within limit: Duration) async throws {
    try await process.write(bytes, within: limit)
  }

  func closeInput(within limit: Duration) async throws { await process.closeInput() }

  func read(within limit: Duration) async throws -> [UInt8]? {
    try await process.read(within: limit)
  }

  func finish(within limit: Duration) async throws -> [UInt8] {
    _ = try await process.exitStatus(within: limit)
    return await process.standardError
  }
}
