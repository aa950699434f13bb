import ArgumentParser

/// `deploy state`
struct StateCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "state", abstract: "Shows the state file, or brings it up to date with the fleet.",
    subcommands: [StateShowCommand.self, StateRebuildCommand.self])
}
