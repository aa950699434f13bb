import Application
import ArgumentParser
import Fleet
import Inventories
import Playbooks

/// `deploy rotate certificates`
struct RotateCertificatesCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "certificates",
    abstract: "Gives hosts new keys and certificates, however long theirs are valid.",
    discussion: """
      What else the inventory wants of these hosts is done as well, as by an apply. The new \
      certificates are proven as what nginx serves before a host counts as done; the old keys go with \
      their release. A rotation that was cut off in the last day goes on with the hosts that it has not \
      reached: what it is to replace stands in the state, and how far it has come is read off the hosts.
      """)

  @OptionGroup var options: FleetOptions
  @OptionGroup var hosts: HostOptions
  @OptionGroup var newer: NewerOptions
  @Option(help: "Only the certificates of this role; by default of both.") var role: Role?
  @Option(
    name: .shortAndLong, help: "The playbook; by default rotate-certificates.", completion: .yaml)
  var playbook: String?
  @Flag(help: "Hosts that a rotation which was cut off has reached get new ones again.")
  var startOver = false
  @OptionGroup var approval: ApprovalOptions

  func run() async throws {
    try await approval.carryOut(options) {
      var scope = try hosts.scope(playbook: playbook)
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
