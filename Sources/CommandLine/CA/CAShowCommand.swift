import Application
import ArgumentParser

/// `deploy ca show`
struct CAShowCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show",
    abstract: "Shows every generation of the CA by its public parts; no key is needed.")

  @OptionGroup var options: FleetOptions
  @Option(help: "How the CA is shown.") var format = OutputFormat.text

  func run() async throws {
    try await reporting {
      try CAView(CAReport(options.openWorkspace())).print(as: format)
    }
  }
}
