import Execution
package import Fleet
package import State
import StateFiles

/// The state in memory and on disk, while a run holds its lock. ``StateAccess`` makes one for each
/// run that changes the fleet.
package actor StateKeeper: StateStore {
  /// The current state, which may be ahead of the file; see ``hold(_:)``.
  package private(set) var state: FleetState
  private var file: StateFile
  private var pending: [HostName: HostRecord?] = [:]
  private var issued: [IssuanceRecord] = []
  private var recorded = 0
  private var written = 0

  init(_ state: FleetState, in file: StateFile) {
    self.state = state
    self.file = file
  }

  /// Returns when the records are on disk. Records that arrive together are written together.
  package func record(_ records: [HostName: HostRecord?]) async throws {
    pending.merge(records) { $1 }
    try await writeAll()
  }

  package func record(issued records: [IssuanceRecord]) async throws {
    issued += records
    try await writeAll()
  }

  /// Writes everything that is not on disk yet. Callers that arrive at the same time share one
  /// write.
  private func writeAll() async throws {
    recorded += 1
    let mine = recorded
    await Task.yield()
    guard written < mine else { return }
    var next = state
    next.recordIssued(issued, at: .current)
    for (host, record) in pending { next.record(record, of: host) }
    try save(next)
    written = recorded
    pending = [:]
    issued = []
  }

  package func expect(_ digest: String, fromSerial serial: Int, on host: HostName) async throws {
    state.expect(digest, fromSerial: serial, on: host)
    try await writeAll()
  }

  package func settle(_ digest: String?, on host: HostName) { state.settle(digest, on: host) }

  /// Changes the state in memory only; the next write saves it.
  func hold(_ next: FleetState) { state = next }

  /// Changes the state in memory and on disk.
  func save(_ next: FleetState) throws {
    try file.write(next)
    state = file.state ?? next
  }
}
