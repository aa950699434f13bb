import ArgumentParser

/// `deploy version`: prints the version of the program, as `-V` and `--version` do.
struct VersionCommand: AsyncParsableCommand {
  /// The JSON, which docs/json.md describes.
  private struct Document: Encodable {
    let version = 1
    let deployVersion = Deploy.configuration.version
  }

  static let configuration = CommandConfiguration(
    commandName: "version",
    abstract: "Print the version of deploy.",
    usage: "deploy version [<options>]",
    discussion: """
      EXAMPLES:
        deploy version
        deploy version --format json
      """)

  @Option(help: "Output format.") var format = OutputFormat.text

  func run() async throws {
    try await reporting {
      switch format {
      case .text: Console.output(Deploy.configuration.version)
      case .json: try JSONText.print(Document())
      }
    }
  }
}
