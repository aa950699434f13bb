import Application
import ArgumentParser
import Diagnostics
import Planning

/// `deploy plan`
struct PlanCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "plan", abstract: "Shows what would change and why; nothing is touched.")

  @OptionGroup var options: FleetOptions
  @OptionGroup var hosts: HostOptions
  @OptionGroup var newer: NewerOptions
  @OptionGroup var playbook: PlaybookOption
  @OptionGroup var lockout: LockoutOption
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
      var scope = try hosts.scope(playbook: playbook.playbook)
      scope.allowsLockout = lockout.isAllowed
      scope.overridesNewer = newer.overridesNewer
      let interaction = options.interaction(format: format)
      let run = try FleetRun(options.location, scope, interaction)
      let proposal = try await PlanFleet(run).proposal(isOffline: isOffline)
      try show(proposal, interaction.style)
      if let savedPath {
        try proposal.saved.write(to: savedPath)
        Console.error("Saved in \(savedPath); carry it out with \"deploy apply \(savedPath)\".")
      }
      if proposal.plan.hosts.contains(where: { $0.hold != nil }) { throw ExitCode(.failed) }
      if detailedExitCode, proposal.plan.hasChanges { throw ExitCode(.changes) }
    }
  }

  private func show(_ proposal: PlanFleet.Proposal, _ style: Style) throws {
    guard let diffHost else {
      return try PlanView(proposal.plan, caGenerations: proposal.caGenerations).print(
        as: format, style)
    }
    guard let view = HostDiffView(of: diffHost, in: proposal.plan) else {
      throw Failure(.usage, "there is no host \(diffHost) in this plan")
    }
    Console.output(view.text(style))
  }
}
