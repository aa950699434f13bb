import Application
import ArgumentParser
import Fleet
import Inventories
import Playbooks

/// `deploy rotate certificates`: issues new keys and certificates for hosts before the current ones
/// expire (``RotateCertificates``).
struct RotateCertificatesCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "certificates",
    abstract: "Issue new keys and certificates, even if the current ones are still valid.",
    usage: "deploy rotate certificates [<options>]",
    discussion: """
      Like an apply, the command also makes all other changes that the inventory declares for these hosts. A \
      host is confirmed after its nginx serves the new certificate; the old key is deleted with its release. A \
      rotation that was interrupted within the last day continues with the hosts that it has not completed.

      EXAMPLES:
        deploy rotate certificates
        deploy rotate certificates --limit app-1 --role back-end
      """)

  @OptionGroup var options: FleetOptions
  @OptionGroup var log: LogOption
  @OptionGroup var hosts: HostOptions
  @OptionGroup var newer: NewerOptions
  @Option(help: "Only the certificates of this role. Default: both roles.") var role: Role?
  @OptionGroup var playbook: PlaybookOption
  @Flag(
    help: "Start over, including hosts that an interrupted rotation has already completed.")
  var startOver = false
  @OptionGroup var approval: ApprovalOptions

  func run() async throws {
    try await approval.carryOut(options, log) {
      var scope = try hosts.scope(playbook: playbook.playbook)
      scope.command = .rotateCertificates
      scope.renews = role.map { [$0] } ?? Set(Role.allCases)
      scope.overridesNewer = newer.overridesNewer
      return scope
    } _: { run in
      try await RotateCertificates(run).rotate(startOver: startOver)
    }
  }
}

extension Role: ExpressibleByArgument {}
