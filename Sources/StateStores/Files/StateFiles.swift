package import Files
package import State

/// The state of a fleet and the files of its CA beside the inventory.
package struct StateFiles: FleetStore {
  private let path: String
  private let fleet: String
  package let caFolder: String

  /// - Parameters:
  ///   - path: of the state.
  ///   - caFolder: the path of the CA's folder.
  package init(_ path: String, fleet: String, caFolder: String) {
    (self.path, self.fleet, self.caFolder) = (path, fleet, caFolder)
  }

  package var place: String { path }
  package var caFiles: any FileStore { DiskFiles() }
  package var historyLog: any HistoryLog { RunHistoryFile(forState: path) }

  package func open() throws -> any OpenState { try StateFile.read(path, fleet: fleet) }
  package func open(in reservation: any Reservation) throws -> any OpenState { try open() }

  /// Locks the whole fleet, whatever is needed of it.
  package func reserve(
    _ hosts: @escaping @Sendable (FleetState?) -> ReservedHosts, for holder: LockHolder,
    waiting wait: LockWait
  ) async throws -> any Reservation {
    let reservation = FileReservation(try await lock(for: holder, waiting: wait))
    try StateFile.compactLeftover(path, fleet: fleet)
    return reservation
  }

  private func lock(
    for holder: LockHolder, waiting wait: LockWait
  ) async throws -> StateLock {
    let deadline = ContinuousClock.now + wait.timeout
    var isReported = false
    while true {
      do throws(StateFileError) {
        return try await StateLock.acquire(forState: path, as: holder)
      } catch {
        guard case .locked(let other) = error.code, ContinuousClock.now < deadline else {
          throw error
        }
        if !isReported, let other { wait.report(other) }
        isReported = isReported || other != nil
      }
      try await Task.sleep(for: .milliseconds(300))
    }
  }
}

/// The lock of a state's file, until it is ended or its process ends.
private actor FileReservation: Reservation {
  private var lock: StateLock?

  init(_ lock: consuming StateLock) { self.lock = consume lock }

  nonisolated func check() {}

  func end() { lock = nil }
}
