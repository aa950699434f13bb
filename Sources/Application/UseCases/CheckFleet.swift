package import Certificates
package import Inventories
import Planning
package import Playbooks

/// Checks the inventory, the playbook and the files that they name, without contacting hosts
/// (`deploy check`).
package struct CheckFleet {
  /// The files that were checked and have no mistakes.
  package struct Report {
    package let path: String
    package let inventory: Inventory
    package let playbook: Playbook
    /// What visitors refuse in the certificates of sites, although nginx accepts it.
    package let warnings: [String]
  }

  /// Private keys are not read: they may be elsewhere.
  ///
  /// - Parameter roots: the CAs that visitors are assumed to know; nil if they are not known.
  /// - Throws: a failure if there are mistakes, which were shown before.
  package static func report(
    _ location: FleetLocation, playbook path: String?, _ interaction: any Interaction,
    knowing roots: KnownRoots? = SystemRoots.known
  ) throws -> Report {
    let workspace = try Workspace.open(location, interaction)
    let playbook = try path.map { try Workspace.playbook($0, interaction) } ?? .rolling
    let materials = try MaterialsReader(
      workspace: workspace, now: .current, keys: .none, roots: roots
    ).read()
    return Report(
      path: workspace.inventoryPath, inventory: workspace.inventory, playbook: playbook,
      warnings: materials.certificateWarnings)
  }
}
