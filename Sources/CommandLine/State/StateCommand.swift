import ArgumentParser

/// `deploy state`: the commands for the state file.
struct StateCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "state", abstract: "Show the state, rebuild it from the hosts, or move it.",
    discussion: """
      EXAMPLES:
        deploy state show
        deploy state rebuild
        deploy state migrate
      """,
    subcommands: [StateShowCommand.self, StateRebuildCommand.self, StateMigrateCommand.self])
}
