import ArgumentParser
import Fleet
import Inventories
import State

/// `deploy authority create`
struct AuthorityCreateCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "create",
    abstract: "Makes the authority that the inventory declares, with an encrypted key.",
    discussion: "One whose creation was cut off between its key and its certificate is finished.")

  @OptionGroup var options: FleetOptions

  func run() async throws {
    try await reporting {
      let workspace = try Workspace.open(options)
      let folder = workspace.authorityFolder
      let record = try await workspace.whileLocked(for: "authority create") {
        try folder.refuseSecond()
        let state = try workspace.stateOnDisk()
        let known =
          (state?.authorities.map(RetiredAuthority.init) ?? []) + (state?.retiredAuthorities ?? [])
        let isNew = try folder.listing().interrupted == nil
        let passphrase = try Passphrase(
          source: workspace.inventory.authority.passphrase, workspace: workspace
        ).read(isNew: isNew)
        let record = try folder.add(
          workspace.inventory.authority, beside: known, passphrase: passphrase,
          now: Timestamp.current.secondsSince1970)
        try folder.makeFleetKey(
          record.generation, of: workspace.inventory.fleet.text, after: state?.fleetKeys ?? [])
        return record
      }
      Console.output(
        "Made the authority \"\(record.commonName)\", valid until \(record.notAfter.date)."
          + "\n  certificate  \(folder.certificatePath(record.generation))"
          + "\n  key          \(folder.keyPath(record.generation)) (encrypted; keep a copy)"
          + "\n  fleet's key  \(folder.fleetKeyPath(record.generation)) (signs releases; keep a copy)"
          + (folder.hasRootKey
            ? "\n  root's key   \(folder.rootKeyPath) (encrypted; move it to where no network reaches it)"
            : ""))
    }
  }
}
