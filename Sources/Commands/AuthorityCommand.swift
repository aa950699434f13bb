import ArgumentParser
import Inventories
import State

/// `deploy authority`
struct AuthorityCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "authority", abstract: "Makes and shows the private certification authority.",
    subcommands: [Create.self, Show.self])

  struct Create: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Makes the authority that the inventory declares, with an encrypted key.")

    @OptionGroup var options: FleetOptions

    func run() async throws {
      try await reporting {
        let workspace = try Workspace.open(options)
        let policy = workspace.inventory.authority
        let folder = AuthorityFolder(path: workspace.authorityPath)
        try folder.refuseSecond()
        let passphrase = try Passphrase(source: policy.passphrase, workspace: workspace)
          .read(isNew: true)
        let record = try folder.create(
          policy, passphrase: passphrase, now: Timestamp.current.secondsSince1970)
        Console.output(
          "Made the authority \"\(record.commonName)\", valid until \(record.notAfter.date)."
            + "\n  certificate  \(folder.certificatePath(record.generation))"
            + "\n  key          \(folder.keyPath(record.generation)) (encrypted; keep a copy)")
      }
    }
  }

  struct Show: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Shows the authority's public parts; its key is not needed.")

    @OptionGroup var options: FleetOptions

    func run() async throws {
      try await reporting {
        let workspace = try Workspace.open(options)
        let generations = try AuthorityFolder(path: workspace.authorityPath).generations()
        guard !generations.isEmpty else {
          throw Failure(.failed, "there is no authority in \(workspace.authorityPath)")
        }
        for record in generations {
          Console.output(
            """
            generation \(record.generation): \(record.commonName)
              valid        \(record.notBefore.date) to \(record.notAfter.date), \
            \(Timestamp.current.days(until: record.notAfter)) days left
              fingerprint  SHA-256 \(record.fingerprint)
              key id       \(record.keyIdentifier)
            """)
        }
      }
    }
  }
}
