internal import CLibSSH2
internal import Files
internal import SystemPackage

/// One authenticated SSH connection, which can run any number of commands; made by `SSHClient`.
///
/// An actor on the client's event loop. Releasing the last reference closes the connection.
package actor Connection {
  package nonisolated let destination: Destination
  let deadlines: Deadlines
  /// Keeps the loop alive for as long as jobs of this actor can exist.
  let client: SSHClient

  private static let keepaliveInterval = Duration.seconds(15)
  private static let keepaliveLimit = 3
  /// How much a peer may send during one wait: libssh2 keeps packets that were not requested.
  static let waitLimit = 64 * 1024 * 1024

  private var session: Session?
  /// From then on the peer answers keepalives.
  var isAuthenticated = false
  /// Kept as long as its stream is used.
  private var gateway: Gateway?
  private var channels: [RemoteProcess.ID: Channel] = [:]
  /// Channels that are closed here but not yet by the peer: the libssh2 call to repeat for each.
  private var retiring: [() -> Int32] = []
  var conduits: [Conduit] = []
  /// Existing streams continue, but no new one can be opened.
  var opensNoStreams = false
  private var isOpening = false
  private var lastID: RemoteProcess.ID = 0
  /// Why this connection can no longer be used.
  private var ending: SSHError?

  init(client: SSHClient, destination: Destination, deadlines: Deadlines) {
    self.client = client
    self.destination = destination
    self.deadlines = deadlines
  }

  package nonisolated var unownedExecutor: UnownedSerialExecutor {
    client.loop.asUnownedSerialExecutor()
  }

  /// Says goodbye and closes the connection; tasks that still wait fail with `closed`. May be called again.
  package func close() {
    guard ending?.code != .closed else { return }
    if ending == nil, let session {
      // A few bytes into an almost always empty buffer; if they do not fit, the peer sees the end.
      _ = deploy_libssh2_session_disconnect(session.pointer, "done")
    }
    end(with: .closed, "the connection was already closed")
  }

  /// Starts a command through the user's login shell on the host.
  package func start(_ command: String) async throws(SSHError) -> RemoteProcess {
    let activity = "starting a command"
    let deadline = Deadline(after: deadlines.idle)
    return try await opening(activity, until: deadline) {
      () async throws(SSHError) -> RemoteProcess in
      do throws(SSHError) {
        return try await self.start(command, activity, until: deadline)
      } catch {
        // A channel that is being opened cannot be cancelled.
        if error.code == .timedOut || error.code == .cancelled {
          self.end(with: .connectionLost, "abandoned while \(activity)")
        }
        throw error
      }
    }
  }

  private func start(
    _ command: String, _ activity: String, until deadline: Deadline
  ) async throws(SSHError) -> RemoteProcess {
    let channel = try await openChannel(activity, until: deadline)
    lastID += 1
    channels[lastID] = channel
    let process = RemoteProcess(id: lastID, connection: self)
    try await attempt(activity, until: deadline) { session throws(SSHError) -> Void? in
      switch channel.execute(command) {
      case 0: return ()
      case LIBSSH2_ERROR_EAGAIN: return nil
      case let status: throw self.failure(status, of: session, activity)
      }
    }
    client.counters.countExecution()
    return process
  }

  /// libssh2 keeps the state of an open that is under way in the session: one at a time.
  func opening<Value>(
    _ activity: String, until deadline: Deadline, _ open: () async throws(SSHError) -> Value
  ) async throws(SSHError) -> Value {
    try await attempt(activity, until: deadline) { _ throws(SSHError) -> Void? in
      if self.isOpening { return nil }
      self.isOpening = true
      return ()
    }
    defer {
      isOpening = false
      wakeWaiters()
    }
    return try await open()
  }

  private func openChannel(
    _ activity: String, until deadline: Deadline
  ) async throws(SSHError) -> Channel {
    try await attempt(activity, until: deadline) { session throws(SSHError) -> Channel? in
      if let pointer = deploy_libssh2_channel_open_session(session.pointer) {
        return Channel(adopting: pointer, of: session.pointer)
      }
      let status = libssh2_session_last_errno(session.pointer)
      if status == LIBSSH2_ERROR_EAGAIN { return nil }
      throw self.failure(status, of: session, activity)
    }
  }

  /// Frees a channel that is no longer used; the peer may take its time to agree.
  func retire(_ id: RemoteProcess.ID) {
    guard let channel = channels.removeValue(forKey: id), isUsable else { return }
    retire(channel.free)
  }

  /// Repeats a libssh2 call until it returns something else than EAGAIN.
  func retire(_ free: @escaping () -> Int32) {
    retiring.append(free)
    freeRetired()
    // The data that these calls read from the transport may belong to others.
    wakeWaiters()
  }

  private func freeRetired() {
    currentTransport?.beginCall()
    retiring.removeAll { $0() != LIBSSH2_ERROR_EAGAIN }
  }

  var isUsable: Bool { session != nil && ending == nil }

  func channel(_ id: RemoteProcess.ID) throws(SSHError) -> Channel {
    if let ending { throw ending }
    guard let channel = channels[id] else {
      preconditionFailure("This is a bug in deploy. Channel \(id) is used after its end.")
    }
    return channel
  }

  func knownChannel(_ id: RemoteProcess.ID) -> Channel? { channels[id] }

  var currentTransport: Transport? { session?.transport }

  /// Wakes all tasks that wait for this connection's stream.
  var currentKey: WaitKey {
    guard let session else {
      preconditionFailure("This is a bug in deploy. There is no session to wait for.")
    }
    return session.transport.key
  }

  func use(_ gateway: Gateway) { self.gateway = gateway }

  /// Takes charge of the session that `establish()` works on.
  func adopt(_ session: Session) { self.session = session }

  func wakeWaiters() {
    if let session { client.loop.wake(session.transport.key) }
  }

  /// Calls `operation` until it returns a value; nil means that it needs more input.
  ///
  /// - Throws: what `operation` throws; `timedOut` and `cancelled`, which leave the session as
  ///   usable as it was; the reason why the connection ended, if it did.
  func attempt<Value>(
    _ activity: String, until deadline: Deadline, limit: Int = waitLimit,
    _ operation: (Session) throws(SSHError) -> Value?
  ) async throws(SSHError) -> Value {
    var total = 0
    while true {
      if let ending { throw ending }
      guard let session else {
        preconditionFailure("This is a bug in deploy. \(activity) needs a session.")
      }
      let transport = session.transport
      transport.flush()
      transport.beginCall()
      let received = transport.received
      let value: Value?
      do {
        value = try operation(session)
      } catch {
        if error.code == .connectionLost { end(with: error.code, error.detail, as: error) }
        throw error
      }
      if transport.received != received {
        // The data that this call read from the socket may belong to others, whom no event will wake.
        freeRetired()
        wakeWaiters()
      }
      if let value { return value }
      if transport.received != received {
        total += transport.received - received
        try await keepGoing(activity, total, limit, until: deadline)
        continue
      }
      try await waitForSocket(activity, session.transport, until: deadline)
    }
  }

  /// Stops a peer that never stops sending when its time or its share of the thread is used up.
  private func keepGoing(
    _ activity: String, _ total: Int, _ limit: Int, until deadline: Deadline
  ) async throws(SSHError) {
    guard total <= limit else {
      let error = failure(
        .connectionLost, activity,
        "the connection was closed: the host sent \(total) bytes without the requested data")
      end(with: error.code, error.detail, as: error)
      throw error
    }
    if ContinuousClock.now >= deadline.instant { try check(.timedOut, activity, deadline) }
    if Task.isCancelled { try check(.cancelled, activity, deadline) }
    await Task.yield()
  }

  /// Waits until the kernel has taken everything that was sent.
  func drain(_ activity: String, until deadline: Deadline) async throws(SSHError) {
    try await attempt(activity, until: deadline) { session throws(SSHError) -> Void? in
      if session.transport.hasUnsent { return nil }
      if session.transport.end != nil {
        throw self.failure(LIBSSH2_ERROR_SOCKET_SEND, of: session, activity)
      }
      return ()
    }
  }

  private func waitForSocket(
    _ activity: String, _ transport: Transport, until deadline: Deadline
  ) async throws(SSHError) {
    let interest: Interest = transport.hasUnsent ? [.reading, .writing] : .reading
    let pause = isAuthenticated ? deadline.orEarlier(Self.keepaliveInterval) : deadline
    let wakeup = await client.loop.wait(for: interest, on: transport.key, until: pause)
    if wakeup == .timedOut && pause.instant < deadline.instant {
      return try askForLife(activity, transport)
    }
    try check(wakeup, activity, deadline)
  }

  /// Sends keepalives to a silent peer: behind a jump host, TCP does not report that it is gone.
  private func askForLife(_ activity: String, _ transport: Transport) throws(SSHError) {
    guard let session, transport.end == nil else { return }
    transport.unansweredKeepalives += 1
    guard transport.unansweredKeepalives <= Self.keepaliveLimit else {
      let error = failure(
        .connectionLost, activity,
        "the connection was lost: no answer to \(Self.keepaliveLimit) keepalives, one each "
          + "\(Self.keepaliveInterval)")
      end(with: error.code, error.detail, as: error)
      throw error
    }
    libssh2_keepalive_config(session.pointer, 1, 1)
    var next: Int32 = 0
    // An error of the transport is found by the next read.
    _ = libssh2_keepalive_send(session.pointer, &next)
  }

  /// Drops the session, its channels and its socket, and wakes every task that waits.
  func end(with code: SSHError.Code, _ detail: String, as error: SSHError? = nil) {
    ending = error ?? failure(code, "using the connection", detail)
    wakeWaiters()
    // Channels stay because of their standard error; their pointers are no longer used.
    retiring = []
    session = nil
    gateway = nil
  }
}
