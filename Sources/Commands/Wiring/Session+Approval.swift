import Execution
import Planning
import SSH
import State

extension Session {
  /// Shows a plan, asks, carries it out and shows what became of it.
  ///
  /// - Parameter refused: what is so where the user does not say yes.
  func show(
    _ plan: Plan, as format: OutputFormat, isColored: Bool, yes: Bool,
    refused: String = "nothing was changed", thenCarryOutOn fleet: Fleet, _ keeper: StateKeeper
  ) async throws -> Ledger {
    if format == .text {
      try PlanView(plan, authorities: await keeper.state.authorities)
        .print(as: .text, isColored: isColored)
    }
    if plan.hasChanges, !yes, !Console.confirm("Carry this plan out?") {
      throw Failure(.failed, "\(refused): say \"yes\" to go on, or give --yes")
    }
    let ledger = try await carryOut(plan, fleet, keeper, format)
    try LedgerView(ledger).print(as: format, isColored: isColored, counts: client.counts)
    return ledger
  }
}
