import ArgumentParser
import Planning

/// `deploy plan`
struct PlanCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "plan", abstract: "Shows what would change and why; nothing is touched.")

  @OptionGroup var options: FleetOptions
  @OptionGroup var hosts: HostOptions
  @Option(name: .shortAndLong, help: "The playbook; by default rolling.") var playbook: String?
  @Flag(
    name: .customLong("allow-lockout"),
    help: "Plan firewalls too that shut this controller out; such a host goes back by itself.")
  var allowsLockout = false
  @Option(help: "How the plan is shown.") var format = OutputFormat.text
  @Flag(
    name: .customLong("detailed-exitcode"), help: "Exit with 2 where there are changes.")
  var detailedExitCode = false

  func run() async throws {
    try await reporting {
      let session = try Session(
        options, hosts, playbook: playbook, allowsLockout: allowsLockout)
      let plan = try await session.withFleet { fleet in
        try await session.plan(fleet, state: session.readState())
      }
      try PlanView(plan).print(
        as: format, isColored: options.usesColor(onTerminal: Console.outputIsTerminal))
      if plan.steps.contains(where: \.action.leavesHostOut) { throw Failure(.failed) }
      if detailedExitCode, plan.hasChanges { throw Failure(.changes) }
    }
  }
}
