import CAStore
import Fleet
import FoundationEssentials
import Glibc
import Inventories
package import State
import StateFiles

extension Workspace {
  /// The user and machine of this run, such as `anna@laptop`.
  static var user: String {
    let process = ProcessInfo.processInfo
    return "\(process.userName)@\(process.hostName)"
  }

  /// Reads the state file, which may not exist yet.
  func stateFile() throws -> StateFile {
    try StateFile.read(statePath, fleet: inventory.fleet.text)
  }

  /// Holds the lock of the state while the body runs, and first moves the journal of an interrupted run into the
  /// state's file. Changes of the CA's folder need the lock too.
  ///
  /// - Parameter command: the command's name, which another run reports that finds the state
  ///   locked.
  package func whileLocked<Output>(
    for command: String, _ body: () async throws -> Output
  ) async throws -> Output {
    let lock = try await StateLock.acquire(
      forState: statePath,
      as: LockHolder(who: Self.user, since: .current, what: command, processID: getpid()))
    try StateFile.compactLeftover(statePath, fleet: inventory.fleet.text)
    let output = try await body()
    _ = consume lock
    return output
  }

  /// The CA generations that hosts may trust, from the state and the folder, oldest first; the last
  /// one signs. Stops if there is none.
  package func caGenerations() throws -> [CAGeneration] {
    var state =
      try stateFile().state ?? FleetState(fleet: inventory.fleet.text, lineage: "")
    try ca.takeIn(into: &state, now: .current)
    try ca.refuseWithoutCA(state)
    return state.caGenerations
  }
}
