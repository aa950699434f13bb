import Application
import ArgumentParser

/// `deploy rollback`
struct RollbackCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "rollback",
    abstract: "Puts the release before, or another that the hosts still have, in force again.",
    discussion: """
      The next plan shows what it would change again. A release is refused that would bring back a \
      certificate that is revoked or has expired, a CA that was rotated out, or revocations that \
      are not all in it: give the inventory of then to an apply instead.
      """)

  @OptionGroup var options: FleetOptions
  @OptionGroup var newer: NewerOptions
  @OptionGroup var playbook: PlaybookOption
  @Option(help: "The number of the release; by default the one before.") var to: Int?
  @OptionGroup var approval: ApprovalOptions
  @Argument(help: "The hosts, by name.") var hosts: [String]

  func run() async throws {
    try await approval.carryOut(options) {
      var scope = try RunScope(hosts: hosts, playbook: playbook.playbook)
      scope.overridesNewer = newer.overridesNewer
      return scope
    } _: { run in
      try await RollBack(run).rollBack(to: to)
    }
  }
}
