import Application
import ArgumentParser

/// `deploy ca export`: prints the CA bundle, or the CRLs of its generations, as PEM (``ExportCA``).
struct CAExportCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "export",
    abstract: "Print the CA certificates that hosts trust, or the revocation lists, as PEM.",
    usage: "deploy ca export [<options>]",
    discussion: """
      For other programs that connect to hosts of the fleet, such as a monitoring system. The output contains \
      no private key.

      EXAMPLES:
        deploy ca export --out shop-ca.pem
        deploy ca export --crl --out shop-ca.crl
      """)

  @OptionGroup var options: FleetOptions
  @Flag(help: "Print the revocation lists (CRLs) instead of the certificates.") var crl = false
  @Option(
    name: .shortAndLong,
    help: ArgumentHelp(
      "Write to this file instead of standard output. It is replaced atomically.",
      valueName: "file"), completion: .file())
  var out: String?

  func run() async throws {
    try await reporting {
      let export = ExportCA(try await options.openWorkspace())
      let text = try export.text(revocationLists: crl)
      if let out {
        try export.write(text, to: out)
      } else {
        Console.output(text)
      }
    }
  }
}
