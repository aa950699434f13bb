internal import Synchronization

/// What a client has done since it was created.
package struct Counts: Hashable, Sendable {
  /// TCP connections opened.
  package var connections = 0
  /// Authentications that succeeded.
  package var logins = 0
  /// TCP connections that hosts opened for the controller.
  package var streams = 0
  /// Commands started.
  package var executions = 0
  package var bytesSent = 0
  package var bytesReceived = 0
}

/// Counts from any thread; each number is exact, but a snapshot of several may be inconsistent.
final class Counters: Sendable {
  /// Connections that are being made.
  let dialing = Atomic(0)
  private let connections = Atomic(0)
  private let logins = Atomic(0)
  private let streams = Atomic(0)
  private let executions = Atomic(0)
  private let bytesSent = Atomic(0)
  private let bytesReceived = Atomic(0)

  func countConnection() { connections.add(1, ordering: .relaxed) }
  func countLogin() { logins.add(1, ordering: .relaxed) }
  func countStream() { streams.add(1, ordering: .relaxed) }
  func countExecution() { executions.add(1, ordering: .relaxed) }
  func countSent(_ bytes: Int) { bytesSent.add(bytes, ordering: .relaxed) }
  func countReceived(_ bytes: Int) { bytesReceived.add(bytes, ordering: .relaxed) }

  var snapshot: Counts {
    Counts(
      connections: connections.load(ordering: .relaxed),
      logins: logins.load(ordering: .relaxed),
      streams: streams.load(ordering: .relaxed),
      executions: executions.load(ordering: .relaxed),
      bytesSent: bytesSent.load(ordering: .relaxed),
      bytesReceived: bytesReceived.load(ordering: .relaxed))
  }
}
