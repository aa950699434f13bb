import ArgumentParser

/// `deploy state`
struct StateCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "state", abstract: "Shows the state file, or brings it up to date with the fleet.",
    subcommands: [Show.self, StateRebuildCommand.self])

  struct Show: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Prints the state as JSON.")

    @OptionGroup var options: FleetOptions
    @OptionGroup var hosts: HostOptions

    func run() async throws {
      try await reporting {
        try JSONText.print(try Session(options, hosts).readState())
      }
    }
  }
}
