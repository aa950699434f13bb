import ArgumentParser

/// `deploy ca`
struct CACommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "ca", abstract: "Makes, shows and renews the private CA.",
    subcommands: [
      CACreateCommand.self, CAShowCommand.self, CARenewCommand.self,
      CAPassphraseCommand.self, CAExportCommand.self,
    ])
}
