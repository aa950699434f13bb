internal import Glibc

/// A TCP connection that an SSH server opens to another address for the controller (`ssh -W`).
///
/// One task may write while another reads. Releasing it closes it.
package final class ByteStream: Sendable {
  let conduit: Conduit
  private let connection: Connection

  init(_ conduit: Conduit, of connection: Connection) {
    self.conduit = conduit
    self.connection = connection
  }

  deinit {
    Task { [connection, conduit] in await connection.retire(conduit) }
  }

  /// Returns when the host has all of it.
  ///
  /// - Parameter limit: for all of it, instead of the connection's idle deadline.
  package func write(_ bytes: [UInt8], within limit: Duration? = nil) async throws(SSHError) {
    try await connection.write(bytes, to: conduit, within: limit)
  }

  /// Signals the end of the output to the other side; its answer can still be read.
  package func closeOutput() async { await connection.end(conduit) }

  /// Returns the next bytes, or nil at the end.
  ///
  /// - Parameter limit: how long to wait, instead of the connection's idle deadline. After
  ///   `timedOut` the stream can still be used.
  package func read(within limit: Duration? = nil) async throws(SSHError) -> [UInt8]? {
    try await connection.read(from: conduit, within: limit)
  }

  /// Closes both directions; tasks that still wait fail with `closed`. May be called again.
  package func close() async { await connection.close(conduit) }
}

extension Connection {
  /// Lets the host connect with TCP to an address, or to a name that it resolves.
  ///
  /// - Parameter limit: how long to wait for the connection, instead of the connection's idle deadline.
  /// - Throws: `streamRefused` if the host cannot connect, `forwardingProhibited` if its
  ///   sshd does not allow it. After `timedOut` and `cancelled` the connection can still be used.
  package func open(
    to address: String, port: UInt16, within limit: Duration? = nil
  ) async throws(SSHError) -> ByteStream {
    let target = Target(address: address, port: port)
    let deadline = Deadline(after: limit ?? deadlines.idle)
    return try await opening(target.activity, until: deadline) {
      () async throws(SSHError) -> ByteStream in
      self.carry(try await self.openChannel(to: target, until: deadline))
    }
  }

  /// Whether the host answers within a time limit. It is asked for a kind of channel that does not exist, which
  /// every SSH server refuses at once (RFC 4254, 5.1) and after all that it was asked before.
  package func answers(within limit: Duration) async throws(SSHError) -> Bool {
    let deadline = Deadline(after: limit)
    do throws(SSHError) {
      try await opening(ChannelRequest.ping.activity, until: deadline) {
        () async throws(SSHError) in
        if case .channel(let channel) = try await self.ask(for: .ping, until: deadline) {
          self.retire(channel.free)
        }
      }
      return true
    } catch {
      guard error.code == .timedOut else { throw error }
      return false
    }
  }

  func write(
    _ bytes: [UInt8], to conduit: Conduit, within limit: Duration?
  ) async throws(SSHError) {
    let activity = "writing to a stream"
    // There is no limit as long as the host takes some of it: large files are sent through here.
    let deadline = limit.map { Deadline(after: $0) }
    var rest = bytes[...]
    while !rest.isEmpty || conduit.hasUnsent {
      let deadline = deadline ?? Deadline(after: deadlines.idle)
      if let failure = conduit.failure { throw failure }
      let count = rest.withUnsafeBytes { conduit.put($0) }
      if count == -Int(EPIPE) { throw failure(.inputRefused, activity, "the stream is closed") }
      rest = rest.dropFirst(max(0, count))
      guard !rest.isEmpty || conduit.hasUnsent else { return }
      let wakeup = await client.loop.wait(for: .writing, on: conduit.key, until: deadline)
      try check(wakeup, activity, deadline)
    }
  }

  func end(_ conduit: Conduit) { conduit.end() }

  func read(from conduit: Conduit, within limit: Duration?) async throws(SSHError) -> [UInt8]? {
    let activity = "reading a stream"
    let deadline = Deadline(after: limit ?? deadlines.idle)
    while true {
      if let bytes = conduit.takeAll() { return bytes.isEmpty ? nil : bytes }
      if let failure = conduit.failure { throw failure }
      let wakeup = await client.loop.wait(for: .reading, on: conduit.key, until: deadline)
      try check(wakeup, activity, deadline)
    }
  }

  func close(_ conduit: Conduit) {
    conduit.end()
    conduit.fail(failure(.closed, "using a stream", "it was already closed"))
  }
}
