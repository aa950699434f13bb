import Application
import ArgumentParser

/// `deploy ca export`
struct CAExportCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "export",
    abstract: "Prints the certificates that hosts may trust, or their revocation lists, as PEM.",
    discussion: "For programs beside the fleet that talk to its hosts. No key is in it.")

  @OptionGroup var options: FleetOptions
  @Flag(help: "The revocation lists in place of the certificates.") var crl = false
  @Option(
    name: .shortAndLong, help: "The file to write, as a whole or not at all.", completion: .file())
  var out: String?

  func run() async throws {
    try await reporting {
      let export = ExportCA(try options.openWorkspace())
      let text = try export.text(revocationLists: crl)
      if let out {
        try export.write(text, to: out)
      } else {
        Console.output(text)
      }
    }
  }
}
