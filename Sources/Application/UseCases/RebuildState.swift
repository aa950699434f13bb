import CAStore
import Inventories
import Planning
import State

/// Brings a state that is behind, or lost, up to date from the manifests on the hosts.
package struct RebuildState {
  /// What was taken in, and what was not.
  package struct Result {
    /// How many hosts carry a release, of how many.
    package let carrying: Int
    package let count: Int
    /// What was taken in and what was not, a line each.
    package let found: [String]
    package let missing: [String]
    /// What the state and the CA's folder disagree on; nil if nothing is left to do.
    package let misfit: String?
  }

  private let run: FleetRun

  package init(_ run: FleetRun) { self.run = run }

  /// Holds the lock of the state meanwhile, and asks if claims of hosts have to be believed.
  package func rebuild() async throws -> Result {
    try await run.states.whileLocked(for: "state rebuild") { try await rebuild($0) }
  }

  private func rebuild(_ keeper: StateKeeper) async throws -> Result {
    var state = await keeper.state
    let folder = run.ca.folder
    // A new one has the folder's CA, which need not be the fleet's.
    if state.serial == 0 { state = FleetState(fleet: state.fleet, lineage: state.lineage) }
    // No host knows of those that were not pushed yet.
    state.learn(try folder.recordedRevocations())
    let survey = try await run.withHosts(state) { hosts in
      try run.surveyor.refuseUnknownHosts(state)
      return try await run.surveyor.asked(hosts, state)
    }
    var rebuild = StateRebuild(state, survey, run.workspace.inventory, now: .current)
    try rebuild.run(believing: try await believes(rebuild.claims))
    guard !rebuild.isLost || !rebuild.found.isEmpty || rebuild.missing.isEmpty else {
      throw Failure(
        .failed,
        "no host tells what it carries, so a state made now would know nothing of the fleet:\n"
          + rebuild.missing.map { "    \($0)" }.joined(separator: "\n"))
    }
    state = rebuild.state
    var misfit = try takeInFolder(&state)
    let unread = state.takeCAs(from: survey)
    // What hosts alone knew has no key in the folder, and retires.
    if misfit == nil { misfit = try takeInFolder(&state) }
    state.retireUnneeded(except: Set(try folder.records().map(\.keyIdentifier)))
    state.takeOverInstalledCertificates()
    try await keeper.save(state)
    return Result(
      carrying: rebuild.state.hosts.count, count: rebuild.count, found: rebuild.found,
      missing: rebuild.missing + unread, misfit: misfit)
  }

  /// Takes in what the folder of the CA has.
  ///
  /// - Returns: what does not fit, which is put right with a state, not without one.
  private func takeInFolder(_ state: inout FleetState) throws -> String? {
    do {
      try run.ca.folder.takeIn(into: &state, now: .current)
      return nil
    } catch let error as CAStoreError {
      return error.message
    }
  }

  /// Nothing but the user can say whether claims that nothing proves are true.
  private func believes(_ claims: [String]) async throws -> Bool {
    guard !claims.isEmpty else { return false }
    run.interaction.inform(
      "Nothing here proves what these hosts claim, because the key that would is not known:\n"
        + claims.map { "    \($0)" }.joined(separator: "\n"))
    guard await run.interaction.confirm("Believe them?") else {
      throw Failure(
        .failed, "the state was left as it is: say \"yes\" to believe the hosts, or give --yes")
    }
    return true
  }
}
