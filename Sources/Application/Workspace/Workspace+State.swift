import CAStore
import Fleet
import FoundationEssentials
import Glibc
import Inventories
package import State
import StateFiles

extension Workspace {
  /// Who runs this, such as `ann@laptop`.
  static var user: String {
    let process = ProcessInfo.processInfo
    return "\(process.userName)@\(process.hostName)"
  }

  func stateFile() throws -> StateFile {
    try StateFile.read(statePath, fleet: inventory.fleet.text)
  }

  /// Holds the lock of the state, under which the CA's files are changed too.
  ///
  /// - Parameter command: what another run is told of this one meanwhile.
  package func whileLocked<Output>(
    for command: String, _ body: () async throws -> Output
  ) async throws -> Output {
    let lock = try await StateLock.acquire(
      forState: statePath,
      as: LockHolder(who: Self.user, since: .current, what: command, processID: getpid()))
    let output = try await body()
    _ = consume lock
    return output
  }

  /// The CA generations that hosts may trust, by the state and the folder; one must be there.
  package func caGenerations() throws -> [CAGeneration] {
    var state =
      try stateFile().state ?? FleetState(fleet: inventory.fleet.text, lineage: "")
    try ca.takeIn(into: &state, now: .current)
    try ca.refuseWithoutCA(state)
    return state.caGenerations
  }
}
