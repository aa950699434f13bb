import Execution
import Files
package import Fleet
package import State
import StateStores

/// The state in memory and in its store, while a run holds its reservation. ``StateAccess`` makes one for each
/// run that changes the fleet.
package actor StateKeeper: StateStore {
  /// Writing waits for a disk or a server.
  private let thread = ThreadExecutor()
  package nonisolated var unownedExecutor: UnownedSerialExecutor {
    thread.asUnownedSerialExecutor()
  }

  private let reservation: any Reservation
  private var stored: any OpenState
  /// The state while it is ahead of the store; see ``hold(_:)``.
  private var held: FleetState?
  /// Changes that are not written yet.
  private var pending: [StateChange] = []
  private var requested = 0
  private var written = 0

  /// - Parameter state: what the store has, or what the next write adds to that.
  init(_ state: FleetState, in stored: any OpenState, under reservation: any Reservation) {
    self.stored = stored
    self.reservation = reservation
    held = state == stored.state ? nil : state
  }

  package nonisolated func checkReservation() throws { try reservation.check() }

  /// The current state, which may be ahead of the store.
  package var state: FleetState {
    guard let state = held ?? stored.state else {
      preconditionFailure("A run has no state. This is a bug in deploy.")
    }
    return state
  }

  /// What the state knows for the manifest of a host. The state itself is not given away for it: if others had
  /// a copy, the next change would copy all of the fleet.
  func knowledge(on host: HostName, at now: Timestamp) -> FleetKnowledge {
    held?.knowledge(on: host, at: now) ?? stored.state?.knowledge(on: host, at: now)
      ?? FleetKnowledge()
  }

  /// Returns when the records are safe. Records that arrive together are written together.
  package func record(_ records: [HostName: HostRecord?]) async throws {
    pending += records.sorted { $0.key < $1.key }.map { .recorded($0.key, $0.value) }
    try await writeAll()
  }

  package func record(issued records: [IssuanceRecord]) async throws {
    pending.append(.issued(records))
    try await writeAll()
  }

  package func expect(_ digest: String, fromSerial serial: Int, on host: HostName) async throws {
    pending.append(.expected(host, digest: digest, serial: serial))
    try await writeAll()
  }

  package func settle(_ digest: String?, on host: HostName) {
    pending.append(.settled(host, digest: digest))
  }

  /// Writes everything that is not written yet. Callers that arrive at the same time share one
  /// write.
  private func writeAll() async throws {
    requested += 1
    let mine = requested
    await Task.yield()
    guard written < mine else { return }
    try writePending()
  }

  private func writePending() throws {
    if let held { return try save(held) }
    try stored.record(pending)
    noteWritten()
  }

  private func noteWritten() {
    pending = []
    written = requested
  }

  /// Changes the state in memory only; the next write saves it.
  func hold(_ next: FleetState) { held = next }

  /// Changes the state in memory and in its store.
  func save(_ next: FleetState) throws {
    var next = next
    for change in pending { next.apply(change) }
    next.dropExpired(at: .current)
    try stored.write(next)
    held = nil
    noteWritten()
  }

  /// Writes what is not written yet, and completes what the run has left in its store.
  func finish() throws {
    // What is only held was not approved.
    if held == nil, !pending.isEmpty { try writePending() }
    try stored.compact()
  }
}
