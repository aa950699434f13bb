import ArgumentParser

/// `deploy hosts`
struct HostsCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "hosts", abstract: "Shows and accepts the SSH keys of new hosts.",
    subcommands: [HostsTrustCommand.self])
}
