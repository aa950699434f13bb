import Application
import ArgumentParser
import Fleet

/// `deploy rollback`: switches hosts to an earlier release that they still have (``RollBack``).
struct RollbackCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "rollback",
    abstract: "Switch hosts back to an earlier release that they still have.",
    usage: "deploy rollback [<options>] <host> ...",
    discussion: """
      The inventory does not change, so the next plan shows the rolled-back changes again. A release is \
      refused if it contains a revoked or expired certificate or a retired CA, or lacks a later revocation. In \
      that case, apply the earlier version of the inventory instead.

      EXAMPLES:
        deploy rollback app-1 app-2
        deploy rollback app-1 --to 7
      """)

  @OptionGroup var options: FleetOptions
  @OptionGroup var log: LogOption
  @OptionGroup var newer: NewerOptions
  @OptionGroup var playbook: PlaybookOption
  @Option(
    help: ArgumentHelp("Release to switch to. Default: the previous one.", valueName: "release"))
  var to: ReleaseNumber?
  @OptionGroup var approval: ApprovalOptions
  @Argument(help: ArgumentHelp("Hosts to roll back.", valueName: "host"), completion: .hosts)
  var hosts: [String]

  func run() async throws {
    try await approval.carryOut(options, log) {
      var scope = try RunScope(hosts: hosts, playbook: playbook.playbook)
      scope.overridesNewer = newer.overridesNewer
      return scope
    } _: { run in
      try await RollBack(run).rollBack(to: to)
    }
  }
}

extension ReleaseNumber: ExpressibleByArgument {
  package init?(argument: String) { self.init(argument) }
}
