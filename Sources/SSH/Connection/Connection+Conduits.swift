internal import CLibSSH2

/// Address and port that a stream connects to.
struct Target: Hashable, Sendable {
  let address: String
  let port: UInt16

  var activity: String { "connecting to \(address) port \(port) through the host" }
}

/// What a channel is opened for.
enum ChannelRequest {
  case stream(Target)
  /// Nothing: only the host's refusal is waited for.
  case ping

  var activity: String {
    switch self {
    case .stream(let target): target.activity
    case .ping: "waiting for an answer"
    }
  }

  /// Begins or continues to open the channel.
  fileprivate func open(_ session: Session) -> OpaquePointer? {
    switch self {
    case .stream(let target):
      // sshd logs where a stream comes from; on this side there is no socket.
      return libssh2_channel_direct_tcpip_ex(
        session.pointer, target.address, Int32(target.port), "127.0.0.1", 0)
    case .ping:
      // No one can define this kind of channel (RFC 4251, 6; RFC 2606, 2).
      let kind = Array("ping@deploy.invalid".utf8CString)
      return libssh2_channel_open_ex(
        session.pointer, kind, UInt32(kind.count - 1), 2 * 1024 * 1024, 32_768, nil, 0)
    }
  }
}

/// What the host answered to a request for a channel.
enum Opened {
  case channel(Channel)
  /// With libssh2's words.
  case refused(String?)
}

/// Streams through this connection: one task moves the bytes of all of them.
extension Connection {
  /// Opens a direct-tcpip channel.
  func openChannel(
    to target: Target, until deadline: Deadline
  ) async throws(SSHError) -> Channel {
    switch try await ask(for: .stream(target), until: deadline) {
    case .channel(let channel): return channel
    case .refused(let words) where words?.contains("prohibited") == true:
      throw failure(
        .forwardingProhibited, target.activity,
        "the host's sshd does not allow it; see its AllowTcpForwarding and PermitOpen",
        library: words)
    case .refused(let words):
      throw failure(
        .streamRefused, target.activity, "the host could not connect to it", library: words)
    }
  }

  /// Asks for a channel, and gives up at the deadline so that the next one can be asked for.
  func ask(for request: ChannelRequest, until deadline: Deadline) async throws(SSHError) -> Opened {
    do throws(SSHError) {
      return try await attempt(request.activity, until: deadline) {
        session throws(SSHError) -> Opened? in
        if let pointer = request.open(session) {
          return .channel(Channel(adopting: pointer, of: session.pointer))
        }
        switch libssh2_session_last_errno(session.pointer) {
        case LIBSSH2_ERROR_EAGAIN: return nil
        case LIBSSH2_ERROR_CHANNEL_FAILURE: return .refused(session.lastError)
        case LIBSSH2_ERROR_SOCKET_NONE where session.transport.end == nil:
          // libssh2 (1.10 to 1.11) drops a request if it meets the late answer to an abandoned one. The next request
          // would meet the answer to this one.
          self.opensNoStreams = true
          throw self.failure(
            .channelRefused, request.activity,
            "its answer was lost behind that to an earlier request")
        case let status: throw self.failure(status, of: session, request.activity)
        }
      }
    } catch {
      if error.code == .timedOut || error.code == .cancelled { try await abandon(request) }
      throw error
    }
  }

  /// Makes libssh2 forget a request that the host has not answered, with a read that fails: libssh2 keeps the
  /// state of one request in the session, and continues it with the next call otherwise. A late answer is for a
  /// channel that no longer exists: libssh2 ignores it, unless it waits for another one at that moment.
  private func abandon(_ request: ChannelRequest) async throws(SSHError) {
    let isForgotten = try await attempt(request.activity, until: Deadline(after: .zero)) {
      session throws(SSHError) -> Bool? in
      session.transport.isInterrupted = true
      defer { session.transport.isInterrupted = false }
      if let pointer = request.open(session) {
        // The answer has just arrived.
        self.retire(Channel(adopting: pointer, of: session.pointer).free)
        return true
      }
      let answers = [
        LIBSSH2_ERROR_SOCKET_RECV, LIBSSH2_ERROR_SOCKET_NONE, LIBSSH2_ERROR_CHANNEL_FAILURE,
      ]
      return answers.contains(libssh2_session_last_errno(session.pointer))
    }
    // What this call has found may be for others.
    wakeWaiters()
    if !isForgotten { end(with: .connectionLost, "abandoned while \(request.activity)") }
  }

  var condition: (isUsable: Bool, opensStreams: Bool, carriesStreams: Bool) {
    (isUsable, isUsable && !opensNoStreams, !conduits.isEmpty)
  }

  /// Adds a stream to those that this connection carries.
  func carry(_ channel: Channel) -> ByteStream {
    let conduit = Conduit(channel, loop: client.loop, connectionKey: currentKey)
    conduits.append(conduit)
    if conduits.count == 1 { Task { await carryConduits() } }
    client.counters.countStream()
    return ByteStream(conduit, of: self)
  }

  /// Runs as long as there are streams, and keeps the connection alive until then.
  private func carryConduits() async {
    let activity = "carrying streams"
    while !conduits.isEmpty {
      do {
        // The data is for the streams, each of which has its own limits.
        try await attempt(activity, until: Deadline(after: .seconds(3600)), limit: .max) {
          session throws(SSHError) -> Void? in
          try self.carryOnce(session, activity)
          return self.conduits.isEmpty ? () : nil
        }
      } catch  where error.code == .timedOut {
        continue
      } catch {
        for conduit in conduits { conduit.fail(error) }
        conduits = []
      }
    }
  }

  private func carryOnce(_ session: Session, _ activity: String) throws(SSHError) {
    let reader = conduits.firstIndex { $0.canRead }
    // The one that reads the transport comes first: what it finds may be for any of them.
    let order = (reader.map { [$0] } ?? []) + conduits.indices.filter { $0 != reader }
    for index in order {
      let status = conduits[index].carry(mustRead: index == reader)
      guard status == 0 else { throw failure(status, of: session, activity) }
    }
  }

  /// Closes a stream that is no longer used; the host may take its time to agree.
  func retire(_ conduit: Conduit) {
    guard let index = conduits.firstIndex(where: { $0 === conduit }) else { return }
    conduits.remove(at: index)
    guard isUsable else { return }
    // What was written last, such as a goodbye, must still be sent.
    _ = conduit.carry(mustRead: false)
    retire(conduit.free)
    wakeWaiters()
  }
}
