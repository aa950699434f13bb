import Application
import ArgumentParser
import CAStore
import Fleet
import State

/// `deploy ca create`: makes the CA that the inventory declares, and the fleet key, which signs the
/// manifests of releases (``ChangeCA``). Prints the paths of their files.
struct CACreateCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "create",
    abstract: "Create the CA that the inventory declares, with an encrypted key.",
    usage: "deploy ca create [<options>]",
    discussion: """
      Also creates the fleet key, which signs releases, and the root CA if the inventory declares one. If an \
      earlier run was interrupted, this one completes it. Keep a copy of the CA's folder: without it, no \
      further certificate or release can be signed.

      EXAMPLES:
        deploy ca create
        deploy ca create --inventory Inventories/shop.yml
      """)

  @OptionGroup var options: FleetOptions
  @OptionGroup var lock: LockOption

  func run() async throws {
    try await reporting {
      let workspace = try await options.openWorkspace(waiting: lock)
      let record = try await ChangeCA(workspace, options.interaction()).create()
      let folder = workspace.ca
      Console.output(
        "Created the CA \"\(record.commonName)\", valid until \(record.notAfter.date)."
          + "\n  certificate  \(folder.certificatePath(record.generation))"
          + "\n  key          \(folder.keyPath(record.generation)) (encrypted; keep a copy)"
          + "\n  fleet key    \(folder.fleetKeyPath(record.generation)) (signs releases; keep a copy)"
          + (try folder.hasRootKey
            ? "\n  root key     \(folder.rootKeyPath) (encrypted; move it to a place that no network reaches)"
            : ""))
    }
  }
}
