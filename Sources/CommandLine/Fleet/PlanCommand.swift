import Application
import ArgumentParser
import Diagnostics
import Planning

/// `deploy plan`: shows what an apply would change on each host and why (``PlanFleet``).
///
/// It does not lock the state. It exits with 1 if a host is blocked or unreachable, and with 2 if
/// there are changes and `--detailed-exitcode` is given.
struct PlanCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "plan", abstract: "Show what would change on each host and why.",
    usage: "deploy plan [<options>]",
    discussion: """
      Reads from the hosts but changes nothing. Exits with 1 if a host is blocked or unreachable.

      EXAMPLES:
        deploy plan
        deploy plan --limit app-1 --diff app-1
        deploy plan --out shop.plan --format markdown
      """)

  @OptionGroup var options: FleetOptions
  @OptionGroup var log: LogOption
  @OptionGroup var hosts: HostOptions
  @OptionGroup var newer: NewerOptions
  @OptionGroup var playbook: PlaybookOption
  @OptionGroup var lockout: LockoutOption
  @Option(help: "Output format; markdown is for comments of pull requests.")
  var format = PlanFormat.text
  @Option(
    name: .customLong("out"),
    help: ArgumentHelp(
      "Save the plan for \"deploy apply FILE\". Contains no secret.",
      valueName: "file"),
    completion: .file())
  var savedPath: String?
  @Flag(
    name: .customLong("offline"),
    help: "Contact no host: assume that hosts are as the state says, for example in a review.")
  var isOffline = false
  @Option(
    name: .customLong("diff"),
    help: ArgumentHelp(
      "Show the complete files of this host, including its firewall, instead of the plan.",
      valueName: "host"), completion: .hosts)
  var diffHost: String?
  @Flag(
    name: .customLong("detailed-exitcode"),
    help: "Exit with 2 instead of 0 if there are changes.")
  var detailedExitCode = false

  /// Refuses `--diff` with other formats than text, and `--out` with `--offline`.
  func validate() throws {
    guard diffHost == nil || format == .text else {
      throw ValidationError(
        "--diff cannot be combined with --format \(format.rawValue)"
          + (format == .json ? ", which contains every diff." : ": it prints text."))
    }
    guard savedPath == nil || !isOffline else {
      throw ValidationError(
        "--out cannot be combined with --offline: a plan can be applied only if hosts were contacted."
      )
    }
  }

  func run() async throws {
    try await reporting {
      var scope = try hosts.scope(playbook: playbook.playbook)
      scope.allowsLockout = lockout.isAllowed
      scope.overridesNewer = newer.overridesNewer
      scope.ordersCertificates = true
      let interaction = options.interaction(format: format.ofResults)
      let run = try await FleetRun(
        options.location, scope, interaction, log: log.logger(options.verbosity))
      let proposal = try await PlanFleet(run).proposal(isOffline: isOffline)
      try show(proposal, interaction.style)
      if let savedPath {
        try proposal.saved.write(to: savedPath)
        Console.error("Saved to \(savedPath). Carry it out with \"deploy apply \(savedPath)\".")
      }
      if proposal.plan.hosts.contains(where: { $0.hold != nil }) { throw ExitCode(.failed) }
      if detailedExitCode, proposal.plan.hasChanges { throw ExitCode(.changes) }
    }
  }

  /// Shows the plan, or the files of one host with `--diff`; fails if the plan does not have that
  /// host.
  private func show(_ proposal: PlanFleet.Proposal, _ style: Style) throws {
    guard let diffHost else {
      guard format != .markdown else {
        let markdown = PlanMarkdown(proposal.plan, caGenerations: proposal.caGenerations)
        return Console.output(markdown.text)
      }
      return try PlanView(
        proposal.plan, caGenerations: proposal.caGenerations,
        showsEach: options.verbosity.verbose, suggestsMore: true
      ).print(as: format.ofResults, style)
    }
    guard let view = HostDiffView(of: diffHost, in: proposal.plan) else {
      let isExcluded = proposal.excludedHosts.contains(diffHost)
      throw Failure(
        .usage,
        "there is no host \"\(diffHost)\" in this plan"
          + (isExcluded ? ": --limit excludes it" : ""))
    }
    Console.output(view.text(style))
  }
}
