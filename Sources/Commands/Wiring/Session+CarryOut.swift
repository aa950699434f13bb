import Certificates
import Execution
import Files
import Foundation
import Hashing
import Inventories
import Planning
import SSH
import State

extension Session {
  func carryOut(
    _ plan: Plan, _ fleet: Fleet, _ keeper: StateKeeper, _ format: OutputFormat
  ) async throws -> Ledger {
    var known = await keeper.state
    known.catchUp(with: plan)
    let keyring = keyring
    let fleetKey = plan.hasChanges ? try workspace.fleetKey(for: &known) : nil
    await revocations.note(in: &known)
    let signer = try AuthoritySigner(keyring, known.authorities)
    // A probe shows a certificate too.
    if plan.needsAuthority || plan.verifiesEdges && plan.hasChanges { try await signer.unlock() }
    if plan.hasChanges {
      try await keeper.save(known)
      try await revocations.keep()
    }
    let state = await keeper.state
    let workspace = workspace
    let hooks = HookProcesses()
    let rollout = Rollout(
      of: plan, fromSerial: state.serial, fleet: fleet, issuer: signer,
      signer: FleetSigner(key: fleetKey, keeper: keeper), store: keeper, hooks: hooks,
      verifier: BatchVerifier(
        connector: connector, keeper: keeper, keyring: keyring,
        keys: try workspace.authorityFolder.listing().keys,
        inventory: workspace.inventory, parallel: parallel),
      surroundings: Surroundings(
        user: Self.user, now: { .current }, digest: { Digest.sha256(of: $0) },
        readSecret: { SecretContent(try FileReader.read(workspace.resolve($0), as: .certificate)) },
        sleep: { try await Task.sleep(for: .seconds($0)) }),
      parallel: parallel, report: { [progress] in progress.show($0) })
    let ledger = await Interrupts.cancelling {
      await rollout.run(plan, state: state)
    } leave: { [progress, client] in
      hooks.endAll()
      let view = LedgerView(progress.ledgerSoFar(of: plan))
      do {
        try view.print(as: format, isColored: false, counts: client.counts)
      } catch {
        Console.error("deploy: the ledger cannot be shown: \(error)")
      }
    }
    try await retireUnneeded(keeper)
    return ledger
  }

  /// A generation that no folder has any more goes when the last host has moved to another one.
  private func retireUnneeded(_ keeper: StateKeeper) async throws {
    let state = await keeper.state
    var next = state
    next.retireUnneeded(
      except: Set(try workspace.authorityFolder.records().map(\.keyIdentifier)))
    if next != state { try await keeper.save(next) }
  }
}
