import Application
import ArgumentParser

/// `deploy ca show`: lists the CA's generations and the problems of the CA's folder (``CAReport``).
struct CAShowCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show",
    abstract: "Show the CA's generations and what is wrong in its folder.",
    usage: "deploy ca show [<options>]",
    discussion: """
      Reads certificates and revocation lists only, so it asks for no passphrase. It contacts no host.

      EXAMPLES:
        deploy ca show
        deploy ca show --format json
      """)

  @OptionGroup var options: FleetOptions
  @Option(help: "Output format.") var format = OutputFormat.text

  func run() async throws {
    try await reporting {
      try await CAView(CAReport(options.openWorkspace())).print(as: format)
    }
  }
}
