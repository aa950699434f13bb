import Execution
import Fleet
import SSH
import Synchronization

@testable import Verification

/// Hosts in memory: each connection attempt waits until the test releases it.
final class FakeFleet: GatewayConnector {
  /// How the other end of a connection behaves.
  enum Behaviour: Hashable, Sendable {
    case accepts
    case refuses
    case isSilent
  }

  /// A connection that a host is asked to open.
  struct Attempt: Hashable, Sendable {
    var host: HostName
    var address: IPAddress
    var limit: Duration
  }

  private struct State {
    var waiting: [(Attempt, CheckedContinuation<Void, Never>)] = []
    var attempts: [Attempt] = []
    var pings: [HostName] = []
    var logins: [HostName: Int] = [:]
    var mostAtOnce: [HostName: Int] = [:]
    var mostHosts = 0
  }

  private let state = Mutex(State())
  /// Whether attempts wait for `release`.
  let holds: Bool
  let unreachable: Set<HostName>
  /// Hosts that answer nothing after the login.
  let stuck: Set<HostName>
  let behaviour: @Sendable (Attempt) -> Behaviour

  init(
    holds: Bool = false, unreachable: Set<HostName> = [], stuck: Set<HostName> = [],
    behaviour: @escaping @Sendable (Attempt) -> Behaviour
  ) {
    self.holds = holds
    self.unreachable = unreachable
    self.stuck = stuck
    self.behaviour = behaviour
  }

  var waiting: [Attempt] { state.withLock { $0.waiting.map(\.0) } }
  var attempts: [Attempt] { state.withLock(\.attempts) }
  var pings: [HostName] { state.withLock(\.pings) }
  var logins: [HostName: Int] { state.withLock(\.logins) }
  var mostAtOnce: [HostName: Int] { state.withLock(\.mostAtOnce) }
  var mostHosts: Int { state.withLock(\.mostHosts) }

  /// Lets the attempts end that wait now.
  func release() {
    let waiting = state.withLock { state in
      defer { state.waiting = [] }
      return state.waiting
    }
    for (_, continuation) in waiting { continuation.resume() }
  }

  func connect(to host: HostName, _ connection: HostAccess) async throws -> any RemoteHost {
    throw error(.unreachable, host)
  }

  func gateway(
    through host: HostName, _ connection: HostAccess
  ) async throws -> any ProbeGateway {
    FakeGateway(fleet: self, host: host)
  }

  fileprivate func logIn(to host: HostName) throws {
    state.withLock { $0.logins[host, default: 0] += 1 }
    if unreachable.contains(host) { throw error(.timedOut, host) }
  }

  fileprivate func open(_ attempt: Attempt) async throws -> any ProbeStream {
    state.withLock { $0.attempts.append(attempt) }
    if holds {
      await withCheckedContinuation { continuation in
        state.withLock { state in
          state.waiting.append((attempt, continuation))
          let counts = Dictionary(grouping: state.waiting, by: \.0.host).mapValues(\.count)
          state.mostAtOnce.merge(counts) { max($0, $1) }
          state.mostHosts = max(state.mostHosts, counts.count)
        }
      }
    }
    switch behaviour(attempt) {
    case .accepts: return FakeStream()
    case .refuses: throw error(.streamRefused, attempt.host)
    case .isSilent: throw error(.timedOut, attempt.host)
    }
  }

  fileprivate func ping(_ host: HostName) -> Bool {
    state.withLock { $0.pings.append(host) }
    return !stuck.contains(host)
  }

  private func error(_ code: SSHError.Code, _ host: HostName) -> SSHError {
    SSHError(code, subject: .init(host.text), activity: "testing", detail: "\(code)")
  }
}

private struct FakeGateway: ProbeGateway {
  let fleet: FakeFleet
  let host: HostName

  func connect() async throws { try fleet.logIn(to: host) }

  func open(
    to address: IPAddress, port: Port, within limit: Duration
  ) async throws -> any ProbeStream {
    try await fleet.open(.init(host: host, address: address, limit: limit))
  }

  func answers(within limit: Duration) async throws -> Bool { fleet.ping(host) }
}

/// A server that closes each connection.
private struct FakeStream: ProbeStream {
  func read(within limit: Duration) async throws -> [UInt8]? { nil }
  func write(_ bytes: [UInt8], within limit: Duration) async throws {}
  func close() async {}
}
