import ArgumentParser
import Execution
import Fleet
import Inventories
import Planning
import SSH
import State

/// `deploy rollback`
struct RollbackCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "rollback",
    abstract: "Puts the release before, or another that the hosts still have, in force again.",
    discussion: """
      The next plan shows what it would change again. A release is refused that would bring back a \
      certificate that is revoked or has expired, an authority that was rotated out, or revocations that \
      are not all in it: give the inventory of then to an apply instead.
      """)

  @OptionGroup var options: FleetOptions
  @OptionGroup var newer: NewerOptions
  @Option(name: .shortAndLong, help: "The playbook; by default rolling.", completion: .yaml)
  var playbook: String?
  @Option(help: "The number of the release; by default the one before.") var to: Int?
  @Option(help: "How the result is shown.") var format = OutputFormat.text
  @Flag(help: "Do not ask.") var yes = false
  @Argument(help: "The hosts, by name.") var hosts: [String]

  func run() async throws {
    try await reporting {
      try Console.refuseToAsk(format, yes: yes)
      let session = try Session(
        options, selecting: hosts, playbook: playbook, overridesNewer: newer.overridesNewer)
      let ledger = try await session.withState(for: "rollback") { keeper in
        try await session.withFleet(await keeper.state) { fleet in
          var state = await keeper.state
          let survey = try await session.survey(fleet, &state)
          await keeper.hold(state)
          let plan = try await plan(session, fleet, survey, state)
          let isColored = options.usesColor(onTerminal: Console.outputIsTerminal)
          if format == .text { try PlanView(plan).print(as: .text, isColored: isColored) }
          if plan.hasChanges, !yes, !Console.confirm("Carry this plan out?") {
            throw Failure(.failed, "nothing was changed: say \"yes\" to go on, or give --yes")
          }
          let ledger = try await session.carryOut(plan, fleet, keeper, format)
          try LedgerView(ledger).print(
            as: format, isColored: isColored, counts: session.client.counts)
          return ledger
        }
      }
      try ledger.throwIfFailed()
    }
  }

  private func plan(
    _ session: Session, _ fleet: Fleet, _ survey: Survey, _ state: FleetState
  ) async throws -> Plan {
    var input = session.rollback(to: to, survey, state)
    for (host, release) in try Planner.releases(toGoBackTo: input) {
      input.manifests[host.name.text] = try await fleet.manifest(
        of: release, on: host.name.text, host.access)
    }
    return try Planner.rollback(input)
  }
}
