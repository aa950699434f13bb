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
    /// Problems that affect only some visitors, such as an incomplete certificate chain.
    package let warnings: [String]
  }

  /// - Throws: a failure if there are mistakes, which were shown before.
  package static func report(
    _ location: FleetLocation, playbook path: String?, _ interaction: any Interaction
  ) throws -> Report {
    let workspace = try Workspace.open(location, interaction)
    let playbook = try path.map { try Workspace.playbook($0, interaction) } ?? .rolling
    let materials = try MaterialsReader(workspace: workspace, now: .current).read()
    return Report(
      path: workspace.inventoryPath, inventory: workspace.inventory, playbook: playbook,
      warnings: materials.chainWarnings)
  }
}
