import CAStore
import Fleet
import FoundationEssentials
import Glibc
import Inventories
package import State
import StateStores

extension Workspace {
  /// The user and machine of this run, such as `anna@laptop`.
  static var user: String {
    let process = ProcessInfo.processInfo
    return "\(process.userName)@\(process.hostName)"
  }

  /// Reserves the whole fleet while the body runs. Changes of the CA's files need it.
  ///
  /// - Parameter command: the command's name, which another run reports that needs the same.
  package func whileLocked<Output>(
    for command: String, _ body: () async throws -> Output
  ) async throws -> Output {
    try await whileLocked(for: command, reserving: { _ in .fleet }) { _ in try await body() }
  }

  /// Reserves hosts while the body runs, after what an interrupted run has left was completed.
  func whileLocked<Output>(
    for command: String, reserving hosts: @escaping @Sendable (FleetState?) -> ReservedHosts,
    _ body: (any Reservation) async throws -> Output
  ) async throws -> Output {
    let reservation = try await store.reserve(
      hosts,
      for: LockHolder(who: Self.user, since: .current, what: command, processID: getpid()),
      waiting: lockWait)
    let output: Output
    do {
      output = try await body(reservation)
    } catch {
      await reservation.end()
      throw error
    }
    await reservation.end()
    return output
  }

  /// The CA generations that hosts may trust, from the state and the folder, oldest first; the last
  /// one signs. Stops if there is none.
  package func caGenerations() throws -> [CAGeneration] {
    var state =
      try store.open().state ?? FleetState(fleet: inventory.fleet.text, lineage: "")
    try ca.takeIn(into: &state, now: .current)
    try ca.refuseWithoutCA(state)
    return state.caGenerations
  }
}
