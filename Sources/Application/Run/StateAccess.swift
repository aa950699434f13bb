import CAStore
import Fleet
import FoundationEssentials
import Inventories
import Planning
import Playbooks
import State
import StateFiles

/// Reads the state of a fleet for one run, with or without its lock.
struct StateAccess {
  let workspace: Workspace
  let playbook: Playbook
  let selector: Selector
  let interaction: any Interaction

  /// The state on disk, or a new one if there is none, combined with the CA's folder.
  func read() throws -> FleetState { try current(workspace.stateFile()) }

  /// Holds the state's lock while the body runs. The state is read after the lock is acquired, and
  /// what the body records is in the state's file when this returns.
  ///
  /// - Parameter command: the command's name, which another run reports that finds the state
  ///   locked.
  func whileLocked<Output>(
    for command: String, _ body: (StateKeeper) async throws -> Output
  ) async throws -> Output {
    try await workspace.whileLocked(for: command) {
      let file = try workspace.stateFile()
      let keeper = StateKeeper(try current(file), in: file)
      let output: Output
      do {
        output = try await body(keeper)
      } catch {
        await finish(keeper)
        throw error
      }
      try await keeper.finish()
      return output
    }
  }

  /// Ends a run that has failed, whose own error is the one to report.
  private func finish(_ keeper: StateKeeper) async {
    do {
      try await keeper.finish()
    } catch {
      interaction.warn("\(error)")
    }
  }

  /// The state of a file, or a new one with a new lineage; with the generations of the CA's folder,
  /// and with certificates of removed hosts revoked if the playbook says so.
  private func current(_ file: StateFile) throws -> FleetState {
    var state =
      file.state
      ?? FleetState(
        fleet: workspace.inventory.fleet.text, lineage: UUID().uuidString.lowercased())
    try workspace.ca.takeIn(into: &state, now: .current)
    revokeLeavers(&state)
    return state
  }

  /// Revokes the certificates of hosts that were removed from the inventory, if the playbook says
  /// so.
  private func revokeLeavers(_ state: inout FleetState) {
    guard case .decommission(.revoke) = playbook.procedure else { return }
    let declared = Set(workspace.inventory.hosts.map(\.name))
    for host in state.hosts.keys where !declared.contains(host) && selector.matches(host) {
      state.revokeCertificates(of: host, at: .current, reason: .cessationOfOperation)
    }
  }
}
