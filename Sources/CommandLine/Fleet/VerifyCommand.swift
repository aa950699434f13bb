import Application
import ArgumentParser
import Fleet
import Inventories

/// `deploy verify`
struct VerifyCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify",
    abstract: "Tries every edge from the front-end's own address, and the sites through nginx.",
    discussion: """
      Each back-end has to serve its recorded certificate, to accept a certificate of the CA, to \
      refuse clients without one and with a foreign one, and to be out of reach for other hosts. Each \
      site has to answer through its front-ends, with its certificate of the inventory and a chain that \
      holds. The hosts need nothing but sshd, which must allow forwarding. Exits with 1 where anything \
      is not as it should be.
      """)

  @OptionGroup var options: FleetOptions
  @OptionGroup var hosts: HostOptions
  @Option(help: "How the result is shown.") var format = OutputFormat.text

  func run() async throws {
    try await reporting {
      let interaction = options.interaction(format: format)
      let (run, access) = try FleetRun.overSSH(options.location, hosts.scope(), interaction)
      let view = VerificationView(
        fleet: run.workspace.inventory.fleet.text, try await VerifyFleet(run, access).findings())
      try view.print(as: format, interaction.style)
      guard view.isSound else { throw ExitCode(.failed) }
    }
  }
}
