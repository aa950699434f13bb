import Application
import ArgumentParser
import Fleet
import State

/// `deploy ca renew`: issues a certificate with a later expiry date for the key of a CA generation
/// (``ChangeCA``). The next apply installs it on the hosts.
struct CARenewCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "renew",
    abstract: "Renew the CA's certificate with the same key and a later expiry date.",
    usage: "deploy ca renew [<options>]",
    discussion: """
      Use this before the CA expires. Certificates that the CA has issued stay valid, and the next apply \
      installs the new CA certificate on the hosts. If the key is compromised, use "deploy rotate ca" instead.

      EXAMPLES:
        deploy ca renew
        deploy ca renew --generation 2
      """)

  @OptionGroup var options: FleetOptions
  @OptionGroup var lock: LockOption
  @Option(
    help: ArgumentHelp("CA generation to renew. Default: the one that signs.", valueName: "n"))
  var generation: Int?

  func run() async throws {
    try await reporting {
      let workspace = try await options.openWorkspace(waiting: lock)
      let (old, new) = try await ChangeCA(workspace, options.interaction()).renew(
        generation: generation)
      Console.output(
        "Renewed the CA \"\(new.commonName)\": valid until \(new.notAfter.date), previously until"
          + " \(old.notAfter.date).\nRun \"deploy apply\" to install it on the hosts.")
    }
  }
}
