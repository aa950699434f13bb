/// Connections to one jump host, shared by all connections that go through it.
///
/// There is one connection, and a second while opens queue: libssh2 opens one channel at a time on a
/// connection, and an address that does not answer must not delay the connections to others. They are
/// dialed one after the other, which suits every sshd's MaxStartups; streams do not count as sessions for
/// its MaxSessions.
package actor Gateway {
  private static let memberLimit = 8
  private static let patience = Duration.milliseconds(250)

  private final class Member {
    let connection: Connection
    var isOpening = false
    /// Whether it could when it was last looked at.
    var opensStreams = true

    init(_ connection: Connection) { self.connection = connection }
  }

  private let client: SSHClient
  private let destination: Destination
  private let deadlines: Deadlines
  private var members: [Member] = []
  private var isDialing = false
  private var failures: (count: Int, last: SSHError?) = (0, nil)
  /// Wakes the tasks that wait for a member.
  private let key: WaitKey

  init(client: SSHClient, to destination: Destination, deadlines: Deadlines) {
    self.client = client
    self.destination = destination
    self.deadlines = deadlines
    key = client.loop.issueKey()
  }

  package nonisolated var unownedExecutor: UnownedSerialExecutor {
    client.loop.asUnownedSerialExecutor()
  }

  /// Connects to the host, unless that has been done.
  ///
  /// - Throws: why the host cannot be reached.
  package func connect() async throws(SSHError) {
    await dropOldMembers()
    if !members.contains(where: \.opensStreams) { try await withMember("connecting") { _ in } }
  }

  /// Lets the host connect with TCP to an address, or to a name that it resolves.
  ///
  /// - Parameter limit: how long the host may take, instead of the deadline for connecting.
  /// - Throws: as `Connection.open` does, and why the host itself cannot be reached.
  package func open(
    to address: String, port: UInt16, within limit: Duration? = nil
  ) async throws(SSHError) -> ByteStream {
    let limit = limit ?? deadlines.connect
    return try await withMember(Target(address: address, port: port).activity) {
      connection async throws(SSHError) in
      try await connection.open(to: address, port: port, within: limit)
    }
  }

  /// Whether the host answers within a time limit: see `Connection.answers(within:)`.
  package func answers(within limit: Duration) async throws(SSHError) -> Bool {
    try await withMember("waiting for an answer") { connection async throws(SSHError) in
      try await connection.answers(within: limit)
    }
  }

  private func withMember<Value: Sendable>(
    _ activity: String, _ body: (Connection) async throws(SSHError) -> Value
  ) async throws(SSHError) -> Value {
    while true {
      let member = try await freeMember(activity)
      defer {
        member.isOpening = false
        client.loop.wake(key)
      }
      do {
        return try await body(member.connection)
      } catch {
        let condition = await member.connection.condition
        guard condition.isUsable, !condition.opensStreams else { throw error }
        // Another connection can: this one is no longer among the members that are asked.
      }
    }
  }

  /// Marks the member as opening; the caller resets that.
  private func freeMember(_ activity: String) async throws(SSHError) -> Member {
    let failuresBefore = failures.count
    let wait = (deadlines.connect + deadlines.handshake + deadlines.authentication) * 2
    let end = Deadline(after: wait)
    var hasWaited = false
    while true {
      await dropOldMembers()
      if let member = members.first(where: { !$0.isOpening && $0.opensStreams }) {
        member.isOpening = true
        return member
      }
      let count = members.count(where: \.opensStreams)
      if count == 0, failures.count > failuresBefore, let error = failures.last { throw error }
      if !isDialing && (count == 0 || hasWaited && count < Self.memberLimit) { dial() }
      let pause = Deadline(after: Self.patience)
      switch await client.loop.wait(for: .reading, on: key, until: pause) {
      case .cancelled: throw failure(.cancelled, activity, "cancelled")
      case .timedOut: hasWaited = true
      case .ready: break
      }
      guard ContinuousClock.now < end.instant else {
        throw failure(.timedOut, activity, "no connection was free within \(end.limitText)")
      }
    }
  }

  /// Dials in its own task: the task that waits for it may be cancelled, and others wait as well.
  private func dial() {
    isDialing = true
    Task {
      do throws(SSHError) {
        members.append(
          Member(try await client.connect(to: destination, deadlines: deadlines)))
      } catch {
        failures = (failures.count + 1, error)
      }
      isDialing = false
      client.loop.wake(key)
    }
  }

  /// Drops those that have ended, and those that neither open nor carry a stream.
  private func dropOldMembers() async {
    for member in members {
      let condition = await member.connection.condition
      member.opensStreams = condition.opensStreams
      if !condition.isUsable || !condition.opensStreams && !condition.carriesStreams {
        members.removeAll { $0 === member }
      }
    }
  }

  private func failure(_ code: SSHError.Code, _ activity: String, _ detail: String) -> SSHError {
    SSHError(code, subject: destination.subject, activity: activity, detail: detail)
  }
}

/// The gateways of a client, each kept as long as it is used.
final class Gateways: Sendable {
  private struct Entry { weak var gateway: Gateway? }
  private struct Inner {
    var entries: [Route: Entry] = [:]
    /// Hosts that refused us: asking again for each host behind them could get the controller banned.
    var refusals: [Route: SSHError] = [:]
  }

  /// Identifies a gateway.
  struct Route: Hashable {
    let hops: [String]

    init(_ destination: Destination) {
      hops = (destination.jumps + [destination]).map { "\($0.user)@[\($0.address)]:\($0.port)" }
    }
  }

  private let inner = LockedValue(Inner())

  func gateway(to destination: Destination, making: () -> Gateway) -> Gateway {
    let route = Route(destination)
    return inner.withLock { inner in
      if let gateway = inner.entries[route]?.gateway { return gateway }
      let gateway = making()
      inner.entries[route] = Entry(gateway: gateway)
      return gateway
    }
  }

  func note(_ error: SSHError, of destination: Destination) {
    switch error.code {
    case .authenticationFailed, .noCredentials, .hostKeyChanged, .hostKeyRevoked, .hostKeyUnknown,
      .noSharedAlgorithm, .forwardingProhibited:
      inner.withLock { $0.refusals[Route(destination)] = error }
    default: break
    }
  }

  func forgetRefusals() { inner.withLock { $0.refusals = [:] } }

  func refusal(of destination: Destination) -> SSHError? {
    inner.withLock { $0.refusals[Route(destination)] }
  }
}
