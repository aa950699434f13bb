internal import Files
internal import Glibc
internal import SystemPackage

/// A client of an ssh-agent behind a Unix socket (draft-miller-ssh-agent); each request has its own connection.
///
/// The client in libssh2 would block the event loop while the agent asks its user.
struct Agent {
  struct Key: Hashable, Sendable {
    let blob: [UInt8]
    let type: String
    let comment: String
  }

  /// Why the agent could not do what it was asked for.
  struct Problem: Error { let detail: String }

  private static let messageLimit = 256 * 1024

  let path: String
  let loop: EventLoop

  /// SSH_AGENTC_REQUEST_IDENTITIES, answered by SSH_AGENT_IDENTITIES_ANSWER.
  nonisolated(nonsending)
    func keys(until deadline: Deadline) async throws(Problem) -> [Key]
  {
    var reader = WireReader(try await exchange([11], until: deadline))
    guard reader.byte() == 12, let count = reader.uint32() else {
      throw Problem(detail: "it did not list its keys")
    }
    var keys: [Key] = []
    for _ in 0..<count {
      guard let blob = reader.string(), let comment = reader.text(), let key = HostKey(blob: blob)
      else { throw Problem(detail: "its list of keys ends early") }
      keys.append(Key(blob: blob, type: key.type, comment: comment))
    }
    return keys
  }

  /// SSH_AGENTC_SIGN_REQUEST, answered by SSH_AGENT_SIGN_RESPONSE: the signature without its algorithm name.
  ///
  /// - Parameter algorithm: as RFC 8332 names it; an RSA key can sign in several ways.
  nonisolated(nonsending)
    func signature(
      of data: [UInt8], by key: Key, algorithm: String, until deadline: Deadline
    ) async throws(Problem) -> [UInt8]
  {
    // SSH_AGENT_RSA_SHA2_256 and SSH_AGENT_RSA_SHA2_512.
    let flags = ["rsa-sha2-256": 2, "rsa-sha2-512": 4][algorithm] ?? 0
    let request = [13] + wireString(key.blob) + wireString(data) + wireUInt32(flags)
    var reader = WireReader(try await exchange(request, until: deadline))
    guard reader.byte() == 14, let blob = reader.string() else {
      throw Problem(detail: "it refused to sign")
    }
    var inner = WireReader(blob)
    guard let made = inner.text(), let signature = inner.string() else {
      throw Problem(detail: "its signature is damaged")
    }
    guard made == algorithm else {
      throw Problem(detail: "it signed with \(made) instead of \(algorithm)")
    }
    return signature
  }

  nonisolated(nonsending)
    private func exchange(_ request: [UInt8], until deadline: Deadline) async throws(Problem)
    -> [UInt8]
  {
    let socket = try connect()
    var rest = wireString(request)[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes {
        send(socket.number, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
      }
      if count >= 0 {
        rest = rest.dropFirst(count)
      } else {
        try await wait(for: .writing, on: socket.number, until: deadline)
      }
    }
    var header = WireReader(try await receive(4, from: socket.number, until: deadline))
    guard let size = header.uint32(), size <= Self.messageLimit else {
      throw Problem(detail: "\(path) does not answer like an ssh-agent")
    }
    return try await receive(Int(size), from: socket.number, until: deadline)
  }

  private func connect() throws(Problem) -> Descriptor {
    do {
      return try loop.dial(path: path)
    } catch {
      var why = "\(error)"
      if case .system(let error) = error { why = error.description }
      throw Problem(detail: "cannot connect to \(path): \(why)")
    }
  }

  nonisolated(nonsending)
    private func receive(
      _ count: Int, from descriptor: Int32, until deadline: Deadline
    ) async throws(Problem) -> [UInt8]
  {
    var bytes: [UInt8] = []
    while bytes.count < count {
      var chunk = [UInt8](repeating: 0, count: count - bytes.count)
      let size = recv(descriptor, &chunk, chunk.count, 0)
      if size > 0 {
        bytes += chunk.prefix(size)
      } else if size == 0 {
        throw Problem(detail: "it closed the connection")
      } else {
        try await wait(for: .reading, on: descriptor, until: deadline)
      }
    }
    return bytes
  }

  /// Must be called with the errno of the call that has just failed.
  nonisolated(nonsending)
    private func wait(
      for interest: Interest, on descriptor: Int32, until deadline: Deadline
    ) async throws(Problem)
  {
    let error = Errno.current
    guard error.isTemporary else { throw Problem(detail: error.description) }
    switch await loop.wait(for: interest, on: descriptor, until: deadline) {
    case .ready: return
    case .timedOut: throw Problem(detail: "no answer within \(deadline.limitText)")
    case .cancelled: throw Problem(detail: "cancelled")
    }
  }
}
