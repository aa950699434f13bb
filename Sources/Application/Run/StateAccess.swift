import CAStore
import Fleet
import FoundationEssentials
import Inventories
import Planning
import Playbooks
import State
import StateStores

/// Reads the state of a fleet for one run, with or without reserving hosts.
struct StateAccess {
  let workspace: Workspace
  let playbook: Playbook
  let selector: Selector
  let interaction: any Interaction

  /// The state in its store, or a new one if there is none, combined with the CA's files.
  func read() throws -> FleetState { try current(workspace.store.open().state) }

  /// Reserves hosts while the body runs. The state is read after that, and what the body records is in its store when
  /// this returns.
  ///
  /// - Parameters:
  ///   - command: the command's name, which another run reports that needs the same hosts.
  ///   - hosts: what is reserved.
  func whileLocked<Output>(
    for command: String,
    reserving hosts: @escaping @Sendable (FleetState?) -> ReservedHosts = { _ in .fleet },
    _ body: (StateKeeper) async throws -> Output
  ) async throws -> Output {
    try await workspace.whileLocked(for: command, reserving: hosts) { reservation in
      let stored = try workspace.store.open(in: reservation)
      let keeper = StateKeeper(try current(stored.state), in: stored, under: reservation)
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

  /// A stored state, or a new one with a new lineage; with the generations of the CA's folder,
  /// and with certificates of removed hosts revoked if the playbook says so.
  private func current(_ stored: FleetState?) throws -> FleetState {
    var state =
      stored
      ?? FleetState(
        fleet: workspace.inventory.fleet.text, lineage: UUID().uuidString.lowercased())
    try workspace.ca.takeIn(into: &state, now: .current)
    revokeLeavers(&state)
    forgetLeavers(&state)
    return state
  }

  /// Forgets drains and maintenance of what has left the inventory and all hosts. A run on some hosts leaves that to
  /// others: its inventory may be an older one.
  private func forgetLeavers(_ state: inout FleetState) {
    guard selector == .all else { return }
    let served = state.hosts.values.flatMap { $0.release.facts.routes.map(\.site) }
    state.forgetDrains(except: Set(workspace.inventory.hosts.map(\.name)))
    state.forgetMaintenance(except: Set(workspace.inventory.sites.map(\.domain) + served))
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
