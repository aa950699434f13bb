import Application
import ArgumentParser
import State

/// `deploy state show`: prints the state as JSON, without contacting hosts (``ReadState``). If
/// there is no state file, it prints a new state.
struct StateShowCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show",
    abstract: "Print the state as JSON, completed with the generations in the CA's folder.",
    usage: "deploy state show [<options>]",
    discussion: """
      Contains no key and no passphrase. It contacts no host.

      EXAMPLES:
        deploy state show
        deploy state show --state backup/shop.state.json
      """)

  @OptionGroup var options: FleetOptions

  func run() async throws {
    try await reporting {
      let run = try await FleetRun(options.location, RunScope(), options.interaction())
      try JSONText.print(ReadState(run).state())
    }
  }
}
