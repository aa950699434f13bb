internal import CLibSSH2

/// Address and port that a stream connects to.
struct Target: Hashable, Sendable {
  let address: String
  let port: UInt16

  var activity: String { "connecting to \(address) port \(port) through the host" }
}

/// Streams through this connection: one task moves the bytes of all of them.
extension Connection {
  /// Opens a direct-tcpip channel; waits until an abandoned one has been answered.
  func openChannel(
    to target: Target, until deadline: Deadline
  ) async throws(SSHError) -> Channel {
    let activity = target.activity
    if let abandoned {
      let late = try await attempt(activity, until: deadline) {
        session throws(SSHError) -> Opened? in try self.open(abandoned, session)
      }
      self.abandoned = nil
      if case .channel(let channel) = late { retire(channel.free) }
    }
    let opened = try await attempt(activity, until: deadline) {
      session throws(SSHError) -> Opened? in try self.open(target, session)
    }
    switch opened {
    case .channel(let channel): return channel
    case .refused(let words) where words?.contains("prohibited") == true:
      throw failure(
        .forwardingProhibited, activity,
        "the host's sshd does not allow it; see its AllowTcpForwarding and PermitOpen",
        library: words)
    case .refused(let words):
      throw failure(
        .streamRefused, activity, "the host could not connect to it", library: words)
    }
  }

  private enum Opened {
    case channel(Channel)
    case refused(String?)
  }

  /// Returns nil until the host has answered.
  private func open(_ target: Target, _ session: Session) throws(SSHError) -> Opened? {
    // sshd logs where a stream comes from; on this side there is no socket.
    let pointer = libssh2_channel_direct_tcpip_ex(
      session.pointer, target.address, Int32(target.port), "127.0.0.1", 0)
    if let pointer { return .channel(Channel(adopting: pointer, of: session.pointer)) }
    switch libssh2_session_last_errno(session.pointer) {
    case LIBSSH2_ERROR_EAGAIN: return nil
    case LIBSSH2_ERROR_CHANNEL_FAILURE: return .refused(session.lastError)
    case let status: throw failure(status, of: session, target.activity)
    }
  }

  var condition: (isUsable: Bool, carriesStreams: Bool) { (isUsable, !conduits.isEmpty) }

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
