import ArgumentParser
import Fleet
import Inventories
import State

/// `deploy authority renew`
struct AuthorityRenewCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "renew",
    abstract: "Gives the authority a certificate that ends later, with the key that it has.",
    discussion: """
      For an authority whose validity ends. All that it has signed stays valid; the next apply brings \
      the new certificate to the hosts. It does not help where the key is compromised.
      """)

  @OptionGroup var options: FleetOptions
  @Option(help: "Which generation; by default the one that signs.") var generation: Int?

  func run() async throws {
    try await reporting {
      let workspace = try Workspace.open(options)
      try await workspace.whileLocked(for: "authority renew") {
        let generations = try workspace.authorities()
        guard let old = generations.last(where: { [nil, $0.generation].contains(generation) })
        else {
          throw Failure(
            .usage, "there is no generation \(generation ?? 0) in \(workspace.authorityPath)")
        }
        guard old.status != .retiring else {
          throw Failure(
            .failed, "generation \(old.generation) retires: its certificate is not renewed")
        }
        let keyring = AuthorityKeyring(workspace)
        let authority = try await keyring.authority(old)
        let new = try workspace.authorityFolder.renew(
          old, authority, below: await keyring.root(above: authority),
          validFor: workspace.inventory.authority.validFor.seconds,
          now: Timestamp.current.secondsSince1970)
        Console.output(
          "Renewed the authority \"\(new.commonName)\": valid until \(new.notAfter.date), until"
            + " \(old.notAfter.date) before.\nThe hosts get it with the next deploy apply.")
      }
    }
  }
}
