import Application
import ArgumentParser
import Fleet
import Inventories
import Planning

/// `deploy verify`: tests every edge from its front-end, and every site as a visitor
/// (``VerifyFleet``). It exits with 1 if a check fails.
struct VerifyCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify",
    abstract: "Test every edge from the front-end's address, and every site through nginx.",
    usage: "deploy verify [<options>]",
    discussion: """
      An edge is one site's connection from a front-end to a back-end. Each back-end must serve its recorded \
      certificate, accept a certificate of the CA, and refuse clients without a certificate or with a foreign \
      one; its firewall must refuse other hosts. Each site must answer through its front-ends with the \
      certificate that the inventory names and a complete chain. Connections are forwarded through sshd on the \
      hosts, which must allow that (AllowTcpForwarding). A fleet with more than 5,000 edges is tested by a \
      sample that has every host and every site, unless --all is given. Exits with 1 if a check fails, or if a \
      host cannot be reached to try it.

      EXAMPLES:
        deploy verify
        deploy verify --all
        deploy verify --format json
      """)

  @OptionGroup var options: FleetOptions
  @OptionGroup var log: LogOption
  @OptionGroup var hosts: HostOptions
  @Flag(help: "Test every edge, also of a large fleet, and print a line for each check.")
  var all = false
  @Option(help: "Output format.") var format = OutputFormat.text

  func run() async throws {
    try await reporting {
      let interaction = options.interaction(format: format)
      let (run, access) = try await FleetRun.overSSH(
        options.location, hosts.scope(), interaction, log: log.logger(options.verbosity))
      let view = VerificationView(
        fleet: run.workspace.inventory.fleet.text,
        try await VerifyFleet(run, access).findings(all ? .all : .usual), showsAll: all)
      try view.print(as: format, interaction.style)
      guard view.isSound else { throw ExitCode(.failed) }
    }
  }
}
