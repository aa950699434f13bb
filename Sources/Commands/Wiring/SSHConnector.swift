import Diagnostics
import Execution
import Fleet
import Foundation
import Planning
import SSH
import State

/// Reaches hosts by SSH.
struct SSHConnector: Connector {
  let client: SSHClient
  private let destinations: SSHDestinations

  init(
    client: SSHClient, passphrases: KeyPassphrases, resolve: @escaping @Sendable (String) -> String
  ) {
    self.client = client
    destinations = SSHDestinations(client: client, passphrases: passphrases, resolve: resolve)
  }

  func connect(to host: String, _ connection: HostAccess) async throws -> any RemoteHost {
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

extension SSHConnector {
  /// The way to the addresses behind a host; always by libssh2, whose streams are many to a connection.
  func gateway(through host: String, _ connection: HostAccess) async throws -> Gateway {
    let (destination, deadlines) = try await destinations.destination(of: host, connection)
    return client.gateway(through: destination, deadlines: deadlines)
  }
}

extension SSHError: LocalFailure {
  var localCause: String? { code == .noCredentials ? detail : nil }
}

extension SSHError: TransientFailure {
  /// A key that is refused now is refused in a second as well, and asking again is punished by sshd.
  var isTransient: Bool {
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

private struct SSHHost: RemoteHost {
  let connection: SSH.Connection

  func start(_ command: String) async throws -> any Execution.RemoteProcess {
    SSHProcess(process: try await connection.start(command))
  }

  func close() async { await connection.close() }
}

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

private struct OpenSSHHost: RemoteHost {
  let connection: OpenSSHConnection

  func start(_ command: String) async throws -> any Execution.RemoteProcess {
    OpenSSHCommand(process: try await connection.start(command))
  }

  func close() async { await connection.close() }
}

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
