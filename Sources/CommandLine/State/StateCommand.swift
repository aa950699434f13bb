import ArgumentParser

/// `deploy state`: the commands for the state file.
struct StateCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "state", abstract: "Show the state, or rebuild it from the hosts.",
    discussion: """
      EXAMPLES:
        deploy state show
        deploy state rebuild
      """,
    subcommands: [StateShowCommand.self, StateRebuildCommand.self])
}
