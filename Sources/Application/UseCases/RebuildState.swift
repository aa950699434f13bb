import CAStore
import Inventories
import Planning
import State

/// Rebuilds a lost or outdated state from the manifests on the hosts (`deploy state rebuild`). No
/// host is changed.
package struct RebuildState {
  /// What was added to the state, and what was not.
  package struct Result {
    /// How many hosts have a release according to the new state.
    package let carrying: Int
    /// How many hosts may have one.
    package let count: Int
    /// What was added to the state, one line each.
    package let found: [String]
    /// What was not added and why, one line each.
    package let missing: [String]
    /// How the state and the CA's folder contradict each other; nil if they agree.
    package let misfit: String?
  }

  private let run: FleetRun

  package init(_ run: FleetRun) { self.run = run }

  /// Locks the state, and asks the user if unproven claims of hosts are needed.
  package func rebuild() async throws -> Result {
    let result: Result
    do {
      result = try await run.states.whileLocked(for: "state rebuild") { keeper in
        await run.recorder.begin()
        return try await rebuild(keeper)
      }
    } catch {
      await run.recorder.end(error)
      throw error
    }
    await run.recorder.end(result.misfit.map { Failure(.failed, $0) })
    return result
  }

  /// Surveys the hosts, adds what they report to the state, and writes it.
  ///
  /// - Throws: a failure if no host could be reached, or if a new state would be empty.
  private func rebuild(_ keeper: StateKeeper) async throws -> Result {
    var state = await keeper.state
    let folder = run.ca.folder
    // A new state has the CA of the folder, which may not be the CA of the fleet.
    if state.serial == 0 { state = FleetState(fleet: state.fleet, lineage: state.lineage) }
    // Hosts do not know revocations that were not installed yet.
    state.learn(try folder.recordedRevocations())
    let survey = try await run.withHosts(state) { hosts in
      try run.surveyor.refuseUnknownHosts(state)
      return try await run.surveyor.asked(hosts, state)
    }
    var rebuild = StateRebuild(state, survey, run.workspace.inventory, now: .current)
    try rebuild.run(believing: try await believes(rebuild.claims))
    func nothingLearned(_ why: String) -> Failure {
      let lines = rebuild.missing.map { "    \($0)" }
      return Failure(.failed, "\(why):\n" + lines.joined(separator: "\n"))
    }
    guard !rebuild.isLost || !rebuild.found.isEmpty || rebuild.missing.isEmpty else {
      throw nothingLearned(
        "no host reports a release, so a new state would contain nothing of the fleet")
    }
    guard survey.values.contains(where: \.isObserved) || survey.isEmpty else {
      throw nothingLearned("no host could be reached, so the state is unchanged")
    }
    state = rebuild.state
    var misfit = try takeInFolder(&state)
    let unread = state.takeCAs(from: survey)
    // A generation that only hosts know has no key in the folder, so it retires.
    if misfit == nil { misfit = try takeInFolder(&state) }
    state.retireUnneeded(except: Set(try folder.records().map(\.keyIdentifier)))
    state.takeOverInstalledCertificates()
    try await keeper.save(state)
    return Result(
      carrying: rebuild.state.hosts.count, count: rebuild.count, found: rebuild.found,
      missing: rebuild.missing + unread, misfit: misfit)
  }

  /// Adds the generations and keys of the CA's folder.
  ///
  /// - Returns: a contradiction, which is reported after the state is saved, because resolving it
  ///   needs a state.
  private func takeInFolder(_ state: inout FleetState) throws -> String? {
    do {
      try run.ca.folder.takeIn(into: &state, now: .current)
      return nil
    } catch let error as CAStoreError {
      return error.message
    }
  }

  /// Asks the user whether unproven claims are true.
  private func believes(_ claims: [String]) async throws -> Bool {
    guard !claims.isEmpty else { return false }
    run.interaction.inform(
      "These claims of hosts cannot be verified, because no known fleet key has signed them:\n"
        + claims.map { "    \($0)" }.joined(separator: "\n"))
    guard await run.interaction.confirm("Believe them?") else {
      let remedy =
        run.interaction.canAsk
        ? "" : ": there is no terminal to ask on. To believe the hosts without asking, add --yes"
      throw Failure(.failed, "the state was not changed" + remedy)
    }
    return true
  }
}
