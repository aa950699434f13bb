import ArgumentParser

/// `deploy authority`
struct CACommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "authority", abstract: "Makes, shows and renews the private authority.",
    subcommands: [
      CACreateCommand.self, CAShowCommand.self, CARenewCommand.self,
      CAPassphraseCommand.self, CAExportCommand.self,
    ])
}
