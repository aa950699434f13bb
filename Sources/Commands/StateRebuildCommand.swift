import ArgumentParser
import Execution
import Inventories
import Planning
import State

/// `deploy state rebuild`
struct StateRebuildCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "rebuild",
    abstract: "Brings a state that is behind, or lost, up to date from the manifests on the hosts.",
    discussion: """
      Each host carries what was installed there, signed with the fleet's key, and with it what the fleet \
      has revoked, which CA generations it trusts and which it has retired. What is proven by a known key \
      is taken in; nothing that this state refuses already is forgotten. If the key is lost as well, or \
      the hosts carry releases of version 0.1.0, which signed nothing, what they claim is shown, and you \
      are asked. No host is changed.
      """)

  @OptionGroup var options: FleetOptions
  @OptionGroup var hosts: HostOptions
  @Flag(help: "Do not ask: believe what the hosts claim.") var yes = false

  func run() async throws {
    try await reporting {
      let session = try Session(options, hosts)
      try await session.withState(for: "state rebuild") { keeper in
        try await rebuild(session, keeper)
      }
    }
  }

  private func rebuild(_ session: Session, _ keeper: StateKeeper) async throws {
    var state = await keeper.state
    // A new one has the folder's CA, which need not be the fleet's.
    if state.serial == 0 { state = FleetState(fleet: state.fleet, lineage: state.lineage) }
    // No host knows of those that were not pushed yet.
    state.learn(try session.workspace.authorityFolder.recordedRevocations())
    let survey = try await session.withFleet(state) { fleet in
      try session.refuseUnknownHosts(state)
      return try await session.asked(fleet, state)
    }
    var rebuild = StateRebuild(state, survey, session.workspace.inventory, now: .current)
    try rebuild.run(believing: try believes(rebuild.claims))
    guard !rebuild.isLost || !rebuild.found.isEmpty || rebuild.missing.isEmpty else {
      throw Failure(
        .failed,
        "no host tells what it carries, so a state made now would know nothing of the fleet:\n"
          + rebuild.missing.map { "    \($0)" }.joined(separator: "\n"))
    }
    state = rebuild.state
    var misfit = try misfit(of: session.workspace, with: &state)
    let unread = state.takeAuthorities(from: survey)
    // What hosts alone knew has no key in the folder, and retires.
    if misfit == nil { misfit = try self.misfit(of: session.workspace, with: &state) }
    state.retireUnneeded(
      except: Set(try session.workspace.authorityFolder.records().map(\.keyIdentifier)))
    state.takeOverInstalledCertificates()
    try await keeper.save(state)
    report(rebuild, session.workspace.statePath, unread)
    if let misfit {
      throw Failure(.failed, "the state is rebuilt, and one thing is left to do: \(misfit.message)")
    }
  }

  /// Takes in what the folder of the CA has; what does not fit is put right with a state, not without one.
  private func misfit(of workspace: Workspace, with state: inout FleetState) throws -> Failure? {
    do {
      try workspace.takeInFolder(&state)
      return nil
    } catch let failure as Failure {
      return failure
    }
  }

  /// Nothing but the user can say whether claims that nothing proves are true.
  private func believes(_ claims: [String]) throws -> Bool {
    guard !claims.isEmpty else { return false }
    Console.error(
      "Nothing here proves what these hosts claim, because the key that would is not known:\n"
        + claims.map { "    \($0)" }.joined(separator: "\n"))
    guard yes || Console.confirm("Believe them?") else {
      throw Failure(
        .failed, "the state was left as it is: say \"yes\" to believe the hosts, or give --yes")
    }
    return true
  }

  private func report(_ rebuild: StateRebuild, _ path: String, _ unread: [String]) {
    let missing = rebuild.missing + unread
    let carrying = rebuild.state.hosts.count
    Console.output(
      (["Rebuilt \(path): \(carrying) of \(rebuild.count) hosts carry a release."]
        + rebuild.found.map { "  taken in: \($0)" }
        + missing.map { "  not taken in: \($0)" }).joined(separator: "\n"))
    guard !missing.isEmpty else { return }
    Console.error(
      "deploy: what the state said of the hosts that were not taken in stays; run this again when they"
        + " can be asked, or let the next apply repair them")
  }
}
