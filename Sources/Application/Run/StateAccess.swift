import CAStore
import Fleet
import FoundationEssentials
import Inventories
import Planning
import Playbooks
import State
import StateFiles

/// The state of a fleet for one run: read, or held under its lock.
struct StateAccess {
  let workspace: Workspace
  let playbook: Playbook
  let selector: Selector

  /// The state as it is on the disk, a new one if there is none; the CA is what state and folder together
  /// say it is.
  func read() throws -> FleetState { try current(workspace.stateFile()) }

  /// Holds the state's lock for as long as the body runs.
  func whileLocked<Output>(
    for command: String, _ body: (StateKeeper) async throws -> Output
  ) async throws -> Output {
    try await workspace.whileLocked(for: command) {
      let file = try workspace.stateFile()
      return try await body(StateKeeper(try current(file), in: file))
    }
  }

  private func current(_ file: StateFile) throws -> FleetState {
    var state =
      file.state
      ?? FleetState(
        fleet: workspace.inventory.fleet.text, lineage: UUID().uuidString.lowercased())
    try workspace.ca.takeIn(into: &state, now: .current)
    revokeLeavers(&state)
    return state
  }

  /// If the playbook says so, the certificates of hosts that leave are revoked.
  private func revokeLeavers(_ state: inout FleetState) {
    guard case .decommission(.revoke) = playbook.procedure else { return }
    let declared = Set(workspace.inventory.hosts.map(\.name))
    for host in state.hosts.keys where !declared.contains(host) && selector.matches(host) {
      state.revokeCertificates(of: host, at: .current, reason: .cessationOfOperation)
    }
  }
}
