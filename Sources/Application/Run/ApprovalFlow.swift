import CAStore
import Execution
import Planning
import State

/// How a use case changes hosts: the plan is shown, the user is asked, the plan is carried out, and the
/// results are shown. The state is locked and the hosts are open meanwhile.
struct ApprovalFlow {
  let run: FleetRun
  let hosts: any FleetHosts
  let keeper: StateKeeper

  /// - Parameter refused: what is so if the user does not say yes.
  func carryOut(_ plan: Plan, refused: String = "nothing was changed") async throws -> Summary {
    try run.interaction.show(plan, caGenerations: await keeper.state.caGenerations)
    if plan.hasChanges, await !run.interaction.confirm("Carry this plan out?") {
      throw Failure(.failed, "\(refused): say \"yes\" to go on, or give --yes")
    }
    let summary = try await hosts.carryOut(plan, with: prepare(plan))
    try await retireUnneeded()
    try run.interaction.show(summary, run.access.traffic)
    return summary
  }

  /// Unlocks what will be needed, so that a wrong passphrase is found before a host is touched, and writes
  /// down what the plan revokes and issues before any host learns of it.
  private func prepare(_ plan: Plan) async throws -> RolloutMeans {
    let ca = run.ca
    var known = await keeper.state
    known.catchUp(with: plan)
    let fleetKey = plan.hasChanges ? try ca.folder.fleetKey(for: &known) : nil
    await ca.revocations.add(to: &known)
    let issuer = try CASigner(ca.keyring, known.caGenerations)
    // A probe shows a certificate too.
    if plan.needsCA || plan.verifiesEdges && plan.hasChanges { try await issuer.unlock() }
    if plan.hasChanges {
      try await keeper.save(known)
      try await ca.revocations.keep()
    }
    return RolloutMeans(
      state: await keeper.state, keeper: keeper, ca: ca, issuer: issuer, fleetKey: fleetKey)
  }

  /// A generation that no folder has any more goes when the last host has moved to another one.
  private func retireUnneeded() async throws {
    let state = await keeper.state
    var next = state
    next.retireUnneeded(except: Set(try run.ca.folder.records().map(\.keyIdentifier)))
    if next != state { try await keeper.save(next) }
  }
}
