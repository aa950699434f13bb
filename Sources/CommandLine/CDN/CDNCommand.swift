import ArgumentParser

/// `deploy cdn`: the commands for address ranges of content delivery networks.
struct CDNCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "cdn",
    abstract: "Show and update the address ranges of content delivery networks.",
    discussion: """
      EXAMPLES:
        deploy cdn show
        deploy cdn update https://www.cloudflare.com/ips-v4 \\
          https://www.cloudflare.com/ips-v6
      """,
    subcommands: [CDNUpdateCommand.self, CDNShowCommand.self])
}
