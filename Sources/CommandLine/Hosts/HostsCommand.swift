import ArgumentParser

/// `deploy hosts`: the commands for SSH host keys.
struct HostsCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "hosts", abstract: "Manage the SSH host keys of new hosts.",
    discussion: """
      EXAMPLES:
        deploy hosts trust
        deploy hosts trust --limit app-3
      """,
    subcommands: [HostsTrustCommand.self])
}
