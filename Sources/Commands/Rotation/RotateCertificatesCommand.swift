import ArgumentParser
import Inventories
import Planning

extension Role: ExpressibleByArgument {}

/// `deploy rotate certificates`
struct RotateCertificatesCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "certificates",
    abstract: "Gives hosts new keys and certificates, however long theirs are valid.",
    discussion: """
      What else the inventory wants of these hosts is done as well, as by an apply. The new \
      certificates are proven as what nginx serves before a host counts as done; the old keys go with \
      their release.
      """)

  @OptionGroup var options: FleetOptions
  @OptionGroup var hosts: HostOptions
  @Option(help: "Only the certificates of this role; by default of both.") var role: Role?
  @Option(name: .shortAndLong, help: "The playbook; by default rolling.") var playbook: String?
  @Option(help: "How the result is shown.") var format = OutputFormat.text
  @Flag(help: "Do not ask.") var yes = false

  func run() async throws {
    try await reporting {
      try Console.refuseToAsk(format, yes: yes)
      let session = try Session(
        options, hosts, playbook: playbook, renews: role.map { [$0] } ?? Set(Role.allCases))
      let ledger = try await session.withState(for: "rotate certificates") { keeper in
        try await session.withFleet { fleet in
          try await session.show(
            session.plan(fleet, state: await keeper.state), as: format,
            isColored: options.usesColor(onTerminal: Console.outputIsTerminal), yes: yes,
            thenCarryOutOn: fleet, keeper)
        }
      }
      try ledger.throwIfFailed()
    }
  }
}
