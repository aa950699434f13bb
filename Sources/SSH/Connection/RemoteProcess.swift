internal import CLibSSH2

/// A command running on the host: bytes in, bytes out, an exit.
///
/// One task may write while another reads. Releasing it closes its channel.
package final class RemoteProcess: Sendable {
  typealias ID = UInt64

  private let id: ID
  private let connection: Connection

  init(id: ID, connection: Connection) {
    self.id = id
    self.connection = connection
  }

  deinit {
    Task { [connection, id] in await connection.retire(id) }
  }

  /// Writes to standard input; returns when the kernel has taken all of it.
  ///
  /// - Parameter limit: for all of it, instead of the connection's idle deadline.
  /// - Throws: `inputRefused` when the command has ended.
  package func write(_ bytes: [UInt8], within limit: Duration? = nil) async throws(SSHError) {
    try await connection.write(bytes, to: id, within: limit)
  }

  /// Ends standard input.
  package func closeInput(within limit: Duration? = nil) async throws(SSHError) {
    try await connection.closeInput(of: id, within: limit)
  }

  /// Returns the next standard output, or nil at its end.
  ///
  /// - Parameter limit: how long to wait, instead of the connection's idle deadline. After
  ///   `timedOut` the process can still be used.
  package func read(within limit: Duration? = nil) async throws(SSHError) -> [UInt8]? {
    try await connection.read(from: id, within: limit)
  }

  /// Waits for the end; output that was not read is discarded.
  package func exitStatus(within limit: Duration? = nil) async throws(SSHError) -> Exit {
    try await connection.exit(of: id, within: limit)
  }

  /// The last 64 KiB of standard error so far.
  package var standardError: [UInt8] {
    get async { await connection.errorTail(of: id) }
  }
}

extension Connection {
  func write(
    _ bytes: [UInt8], to id: RemoteProcess.ID, within limit: Duration?
  ) async throws(SSHError) {
    let activity = "writing input"
    let deadline = Deadline(after: limit ?? deadlines.idle)
    var rest = bytes[...]
    while !rest.isEmpty {
      let written = try await attempt(activity, until: deadline) {
        session throws(SSHError) -> Int? in
        let channel = try self.pumped(id, session, activity)
        if let exit = channel.exit {
          throw self.failure(
            .inputRefused, activity,
            "the command ended (\(exit)) and left \(rest.count) bytes unread")
        }
        let count = channel.write(rest)
        if count == 0 || count == Int(LIBSSH2_ERROR_EAGAIN) { return nil }
        if count < 0 { throw self.failure(Int32(count), of: session, activity) }
        return count
      }
      rest = rest.dropFirst(written)
      try await drain(activity, until: deadline)
    }
  }

  func closeInput(
    of id: RemoteProcess.ID, within limit: Duration?
  ) async throws(SSHError) {
    let activity = "ending input"
    let deadline = Deadline(after: limit ?? deadlines.idle)
    try await attempt(activity, until: deadline) { session throws(SSHError) -> Void? in
      let channel = try self.channel(id)
      switch channel.sendEnd() {
      case 0: return ()
      case LIBSSH2_ERROR_EAGAIN: return nil
      case let status: throw self.failure(status, of: session, activity)
      }
    }
    try await drain(activity, until: deadline)
  }

  func read(from id: RemoteProcess.ID, within limit: Duration?) async throws(SSHError) -> [UInt8]? {
    let activity = "reading output"
    let deadline = Deadline(after: limit ?? deadlines.idle)
    let chunk = try await attempt(activity, until: deadline) {
      session throws(SSHError) -> [UInt8]? in
      let channel = try self.pumped(id, session, activity)
      return channel.output.isEmpty && !channel.isOutputEnded ? nil : channel.takeOutput()
    }
    return chunk.isEmpty ? nil : chunk
  }

  func exit(of id: RemoteProcess.ID, within limit: Duration?) async throws(SSHError) -> Exit {
    let activity = "waiting for the command to end"
    let deadline = Deadline(after: limit ?? deadlines.idle)
    return try await attempt(activity, until: deadline) { session throws(SSHError) -> Exit? in
      try self.pumped(id, session, activity, discardingOutput: true).exit
    }
  }

  func errorTail(of id: RemoteProcess.ID) -> [UInt8] {
    knownChannel(id)?.errorTail ?? []
  }

  private func pumped(
    _ id: RemoteProcess.ID, _ session: Session, _ activity: String, discardingOutput: Bool = false
  ) throws(SSHError) -> Channel {
    let channel = try channel(id)
    let status = channel.pump(discardingOutput: discardingOutput)
    guard status == 0 else { throw failure(status, of: session, activity) }
    guard !channel.complainsWithoutEnd else {
      throw failure(
        .tooMuchOutput, activity,
        "its standard error does not end: see what its login shell and /bin/sh run")
    }
    return channel
  }
}
