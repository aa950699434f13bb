import Application
import ArgumentParser
import State

/// `deploy state show`
struct StateShowCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show", abstract: "Prints the state as JSON.")

  @OptionGroup var options: FleetOptions
  @OptionGroup var hosts: HostOptions

  func run() async throws {
    try await reporting {
      let run = try FleetRun(options.location, hosts.scope(), options.interaction())
      try JSONText.print(ReadState(run).state())
    }
  }
}
