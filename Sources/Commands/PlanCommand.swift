import ArgumentParser
import Diagnostics
import Planning
import State

/// `deploy plan`
struct PlanCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "plan", abstract: "Shows what would change and why; nothing is touched.")

  @OptionGroup var options: FleetOptions
  @OptionGroup var hosts: HostOptions
  @OptionGroup var newer: NewerOptions
  @Option(name: .shortAndLong, help: "The playbook; by default rolling.", completion: .yaml)
  var playbook: String?
  @Flag(
    name: .customLong("allow-lockout"),
    help: "Plan firewalls too that shut this controller out; such a host goes back by itself.")
  var allowsLockout = false
  @Option(help: "How the plan is shown.") var format = OutputFormat.text
  @Option(
    name: .customLong("out"),
    help: "Save the plan in this file, for \"deploy apply FILE\"; it holds no secret.",
    completion: .file())
  var savedPath: String?
  @Flag(
    name: .customLong("offline"),
    help: "Ask no host: the plan for hosts that are as the state says, for reviews.")
  var isOffline = false
  @Option(
    name: .customLong("diff"), help: "Show this host's files whole instead, its firewall included.")
  var diffHost: String?
  @Flag(
    name: .customLong("detailed-exitcode"), help: "Exit with 2 where there are changes.")
  var detailedExitCode = false

  func validate() throws {
    guard diffHost == nil || format == .text else {
      throw ValidationError("--diff is for readers: the JSON of a plan has every diff.")
    }
    guard savedPath == nil || !isOffline else {
      throw ValidationError(
        "--out saves what hosts said, and --offline asks none: such a plan cannot be carried out.")
    }
  }

  func run() async throws {
    try await reporting {
      let session = try Session(
        options, hosts, playbook: playbook, allowsLockout: allowsLockout,
        overridesNewer: newer.overridesNewer)
      var state = try session.readState()
      var (plan, survey) =
        isOffline
        ? (try await session.planOffline(state), [:])
        : try await session.withFleet(state) {
          try await session.planAndSurvey($0, state: &state)
        }
      if plan.hasChanges, let why = try session.workspace.signingObstacle(for: state) {
        plan.warnings.append("an apply from here would stop: \(why)")
      }
      try show(plan, state)
      if let savedPath {
        let approved = session.approval(of: plan, survey, authorities: state.authorities)
        try SavedPlan(approved: approved).write(to: savedPath)
        Console.error("Saved in \(savedPath); carry it out with \"deploy apply \(savedPath)\".")
      }
      if plan.steps.contains(where: \.action.leavesHostOut) { throw Failure(.failed) }
      if detailedExitCode, plan.hasChanges { throw Failure(.changes) }
    }
  }

  private func show(_ plan: Plan, _ state: FleetState) throws {
    let isColored = options.usesColor(onTerminal: Console.outputIsTerminal)
    guard let diffHost else {
      return try PlanView(plan, authorities: state.authorities)
        .print(as: format, isColored: isColored)
    }
    guard let view = HostDiffView(of: diffHost, in: plan) else {
      throw Failure(.usage, "there is no host \(diffHost) in this plan")
    }
    Console.output(view.text(Style(isColored: isColored)))
  }
}
