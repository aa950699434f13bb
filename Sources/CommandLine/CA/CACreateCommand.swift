import Application
import ArgumentParser
import CAStore
import Fleet
import State

/// `deploy ca create`
struct CACreateCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "create",
    abstract: "Makes the CA that the inventory declares, with an encrypted key.",
    discussion: "One whose creation was cut off between its key and its certificate is finished.")

  @OptionGroup var options: FleetOptions

  func run() async throws {
    try await reporting {
      let workspace = try options.openWorkspace()
      let record = try await ChangeCA(workspace, options.interaction()).create()
      let folder = workspace.ca
      Console.output(
        "Made the CA \"\(record.commonName)\", valid until \(record.notAfter.date)."
          + "\n  certificate  \(folder.certificatePath(record.generation))"
          + "\n  key          \(folder.keyPath(record.generation)) (encrypted; keep a copy)"
          + "\n  fleet's key  \(folder.fleetKeyPath(record.generation)) (signs releases; keep a copy)"
          + (folder.hasRootKey
            ? "\n  root's key   \(folder.rootKeyPath) (encrypted; move it to where no network reaches it)"
            : ""))
    }
  }
}
