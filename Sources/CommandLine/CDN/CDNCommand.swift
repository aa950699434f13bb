import ArgumentParser

/// `deploy cdn`
struct CDNCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "cdn", abstract: "Keeps the address ranges of content delivery networks.",
    subcommands: [CDNUpdateCommand.self, CDNShowCommand.self])
}
