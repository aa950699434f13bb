import ArgumentParser
import Certificates
import Files
import State

/// `deploy authority export`
struct AuthorityExportCommand: AsyncParsableCommand {
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
      let workspace = try Workspace.open(options)
      let generations = try workspace.authorities()
      let folder = workspace.authorityFolder
      let texts =
        crl
        ? try generations.compactMap { try folder.revocationList(of: $0)?.pem }
        : generations.map(\.certificate)
      guard !texts.isEmpty else {
        throw Failure(.failed, "the authority in \(folder.path) has signed no revocation list")
      }
      let text = texts.map { $0.hasSuffix("\n") ? $0 : $0 + "\n" }.joined()
      if let out {
        try FileWriter.replace(out, text: text, for: .everyone)
      } else {
        Console.output(text)
      }
    }
  }
}
