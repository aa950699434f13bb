import Application
import ArgumentParser
import Fleet
import State

/// `deploy ca renew`
struct CARenewCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "renew",
    abstract: "Gives the CA a certificate that ends later, with the key that it has.",
    discussion: """
      For a CA whose validity ends. All that it has signed stays valid; the next apply brings \
      the new certificate to the hosts. It does not help where the key is compromised.
      """)

  @OptionGroup var options: FleetOptions
  @Option(help: "Which generation; by default the one that signs.") var generation: Int?

  func run() async throws {
    try await reporting {
      let workspace = try options.openWorkspace()
      let (old, new) = try await ChangeCA(workspace, options.interaction()).renew(
        generation: generation)
      Console.output(
        "Renewed the CA \"\(new.commonName)\": valid until \(new.notAfter.date), until"
          + " \(old.notAfter.date) before.\nThe hosts get it with the next deploy apply.")
    }
  }
}
