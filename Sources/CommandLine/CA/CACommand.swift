import ArgumentParser

/// `deploy ca`: the commands for the private CA.
struct CACommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "ca", abstract: "Create, import, show, renew and export the private CA.",
    discussion: """
      EXAMPLES:
        deploy ca show
        deploy ca export --out shop-ca.pem
      """,
    subcommands: [
      CACreateCommand.self, CAImportCommand.self, CAShowCommand.self, CARenewCommand.self,
      CAPassphraseCommand.self, CAExportCommand.self,
    ])
}
