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
      With the file of a saved plan, the plan that is made now is compared with the saved one, host by host. A \
      host for which it differs is refused by name, with what differs, and the others continue. All of it is \
      refused if the state, the CA or the playbook has changed; give the same --playbook and --allow-lockout \
      as when it was saved.
      """)

  @OptionGroup var options: FleetOptions
  @OptionGroup var hosts: HostOptions
  @OptionGroup var newer: NewerOptions
  @Option(name: .shortAndLong, help: "The playbook; by default rolling.", completion: .yaml)
  var playbook: String?
  @Flag(
    name: .customLong("allow-lockout"),
    help: "Plan firewalls too that shut this controller out; such a host goes back by itself.")
  var allowsLockout = false
  @Option(help: "How the result is shown.") var format = OutputFormat.text
  @Flag(help: "Do not ask.") var yes = false
  @Argument(help: "What \"plan --out\" has saved, to compare with.", completion: .file())
  var savedPlan: String?

  func validate() throws {
    guard savedPlan == nil || hosts.limit == nil else {
      throw ValidationError("--limit is for making a plan: a saved plan has its own.")
    }
  }

  func run() async throws {
    try await reporting {
      try Console.refuseToAsk(format, yes: yes)
      let saved = try savedPlan.map(SavedPlan.read)
      var hosts = hosts
      if let saved { hosts.limit = saved.approved.limit }
      let session = try Session(
        options, hosts, playbook: playbook, allowsLockout: allowsLockout,
        overridesNewer: newer.overridesNewer)
      let ledger = try await session.withState(for: "apply") { keeper in
        try await session.withFleet(await keeper.state) { fleet in
          let plan: Plan
          if let saved {
            plan = try await session.plan(saved, fleet, keeper)
          } else {
            var state = await keeper.state
            plan = try await session.plan(fleet, state: &state)
            await keeper.hold(state)
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
