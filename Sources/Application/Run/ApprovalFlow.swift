import CAStore
import Certificates
import Execution
import Fleet
import Planning
import State

/// How a use case changes hosts: it shows the plan, asks the user, carries the plan out and shows
/// the summary. The state stays locked and the hosts stay connected meanwhile.
struct ApprovalFlow {
  let run: FleetRun
  let hosts: any FleetHosts
  let keeper: StateKeeper

  /// - Parameter refused: the state of affairs if the user does not approve the plan, for the
  ///   message.
  func carryOut(_ plan: Plan, refused: String = "nothing was changed") async throws -> Summary {
    try await approve(plan, refused: refused)
    return try await finish(try await execute(plan))
  }

  /// Shows a plan, asks the user, records the plan in the history and runs the hooks `before_run`.
  ///
  /// - Parameter changesState: whether the run records a wish of the user, which is asked for also if no host changes.
  func approve(
    _ plan: Plan, refused: String = "nothing was changed", changesState: Bool = false
  ) async throws {
    let caGenerations = await keeper.state.caGenerations
    try run.interaction.show(plan, caGenerations: caGenerations)
    if plan.hasChanges || changesState, await !run.interaction.confirm("Carry this plan out?") {
      let remedy =
        run.interaction.canAsk
        ? "" : ": there is no terminal to ask on. To carry the plan out without asking, add --yes"
      throw Failure(.failed, refused + remedy)
    }
    await run.recorder.note { [run] in
      RunPlan(
        digest: try SavedPlan.digest(of: plan, in: run, caGenerations: caGenerations),
        lines: run.interaction.lines(of: plan, caGenerations: caGenerations))
    }
    try await run.hooks.before(plan, caGenerations: caGenerations, refused: refused)
  }

  /// Carries out an approved plan.
  func execute(_ plan: Plan) async throws -> Summary {
    let summary = try await hosts.carryOut(plan, with: prepare(plan))
    try await retireUnneeded()
    return summary
  }

  /// Runs the hooks `after_run`, and shows the results of the run.
  func finish(_ summary: Summary) async throws -> Summary {
    var summary = summary
    summary.warnings += await run.hooks.after(
      summary, run.access.traffic, failure: summary.failure)
    await run.recorder.note(summary)
    try run.interaction.show(summary, run.access.traffic)
    return summary
  }

  /// Unlocks the keys that the plan needs, so that a wrong passphrase is found before any host is
  /// changed, and saves revocations and CA generations before any host gets them.
  private func prepare(_ plan: Plan) async throws -> RolloutMeans {
    let ca = run.ca
    var known = await keeper.state
    known.catchUp(with: plan)
    let fleetKey = plan.changesHosts ? try await ca.keyring.fleetKey(for: &known) : nil
    await ca.revocations.add(to: &known)
    let issuer = try CASigner(ca.keyring, known.caGenerations)
    // Verifying edges needs a client certificate too.
    if plan.needsCA || plan.verifiesEdges && plan.changesHosts { try await issuer.unlock() }
    if plan.changesHosts {
      try await keeper.save(known)
      try await ca.revocations.keep()
    }
    return RolloutMeans(
      state: await keeper.state, keeper: keeper, ca: ca, issuer: issuer,
      siteKeys: try await siteKeys(plan), fleetKey: fleetKey)
  }

  /// Decrypts the keys of ordered certificates that the plan installs.
  private func siteKeys(_ plan: Plan) async throws -> [DomainName: Secret] {
    var keys: [DomainName: Secret] = [:]
    for site in plan.orderedKeys {
      let path = run.workspace.ca.acme.orderPath(site)
      guard let key = try run.workspace.ca.acme.orders(of: site).current?.key else {
        throw Failure(.failed, "\(path) has changed during the run: run again")
      }
      let secret = try await run.ca.keyring.open(key.pem, named: path)
      guard secret.digest == key.digest else {
        throw Failure(.failed, "\(path) is damaged: restore it from a backup")
      }
      keys[site] = secret
    }
    return keys
  }

  /// Removes CA generations from the state that neither the CA's folder nor any host has any
  /// longer. A run on some hosts leaves that to the next one on all.
  private func retireUnneeded() async throws {
    guard run.scope.limit == nil else { return }
    let state = await keeper.state
    var next = state
    next.retireUnneeded(except: Set(try run.ca.folder.records().map(\.keyIdentifier)))
    if next != state { try await keeper.save(next) }
  }
}
