import ArgumentParser
import Execution
import Planning
import SSH
import State

/// `deploy apply`
struct ApplyCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "apply", abstract: "Makes the plan, shows it, asks, and carries it out.",
    discussion: """
      With the file of a saved plan, that plan is carried out instead. It is refused where the state has \
      changed since it was made; a host that has changed is refused by name, and the others go on.
      """)

  @OptionGroup var options: FleetOptions
  @OptionGroup var hosts: HostOptions
  @Option(name: .shortAndLong, help: "The playbook; by default rolling.") var playbook: String?
  @Flag(
    name: .customLong("allow-lockout"),
    help: "Plan firewalls too that shut this controller out; such a host goes back by itself.")
  var allowsLockout = false
  @Option(help: "How the result is shown.") var format = OutputFormat.text
  @Flag(help: "Do not ask.") var yes = false
  @Argument(help: "What \"plan --out\" has saved; without it the plan is made now.")
  var savedPlan: String?

  func validate() throws {
    guard savedPlan == nil || hosts.limit == nil && playbook == nil && !allowsLockout else {
      throw ValidationError(
        "--limit, --playbook and --allow-lockout are for making a plan, and this one is made.")
    }
  }

  func run() async throws {
    try await reporting {
      try Console.refuseToAsk(format, yes: yes)
      let session = try Session(
        options, hosts, playbook: playbook, allowsLockout: allowsLockout)
      let saved = try savedPlan.map(SavedPlan.read)
      let ledger = try await session.withState(for: "apply") { keeper in
        try await session.withFleet { fleet in
          let plan =
            if let saved {
              try await session.plan(saved, fleet, keeper)
            } else {
              try await session.plan(fleet, state: await keeper.state)
            }
          let isColored = options.usesColor(onTerminal: Console.outputIsTerminal)
          return try await session.show(
            plan, as: format, isColored: isColored, yes: yes, thenCarryOutOn: fleet, keeper)
        }
      }
      try ledger.throwIfFailed()
    }
  }
}

extension Ledger {
  /// The exit code is the ledger's: nothing that did not come about counts as done.
  func throwIfFailed() throws {
    if stopped == Ledger.interrupted { throw Failure(.interrupted) }
    guard isSuccess else { throw Failure(.failed) }
  }
}
