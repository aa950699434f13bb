import CAStore
import Execution
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
    try run.interaction.show(plan, caGenerations: await keeper.state.caGenerations)
    if plan.hasChanges, await !run.interaction.confirm("Carry this plan out?") {
      let remedy =
        run.interaction.canAsk
        ? "" : ": there is no terminal to ask on. To carry the plan out without asking, add --yes"
      throw Failure(.failed, refused + remedy)
    }
    let summary = try await hosts.carryOut(plan, with: prepare(plan))
    try await retireUnneeded()
    try run.interaction.show(summary, run.access.traffic)
    return summary
  }

  /// Unlocks the keys that the plan needs, so that a wrong passphrase is found before any host is
  /// changed, and saves revocations and CA generations before any host gets them.
  private func prepare(_ plan: Plan) async throws -> RolloutMeans {
    let ca = run.ca
    var known = await keeper.state
    known.catchUp(with: plan)
    let fleetKey = plan.hasChanges ? try ca.folder.fleetKey(for: &known) : nil
    await ca.revocations.add(to: &known)
    let issuer = try CASigner(ca.keyring, known.caGenerations)
    // Verifying edges needs a client certificate too.
    if plan.needsCA || plan.verifiesEdges && plan.hasChanges { try await issuer.unlock() }
    if plan.hasChanges {
      try await keeper.save(known)
      try await ca.revocations.keep()
    }
    return RolloutMeans(
      state: await keeper.state, keeper: keeper, ca: ca, issuer: issuer, fleetKey: fleetKey)
  }

  /// Removes CA generations from the state that neither the CA's folder nor any host has any
  /// longer.
  private func retireUnneeded() async throws {
    let state = await keeper.state
    var next = state
    next.retireUnneeded(except: Set(try run.ca.folder.records().map(\.keyIdentifier)))
    if next != state { try await keeper.save(next) }
  }
}
