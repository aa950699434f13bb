import ArgumentParser

/// `deploy acme`: the commands for accounts at public CAs.
struct ACMECommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "acme", abstract: "Manage the accounts with which certificates are ordered.",
    discussion: """
      EXAMPLES:
        deploy acme register
        deploy acme register --account zerossl
      """,
    subcommands: [ACMERegisterCommand.self])
}
