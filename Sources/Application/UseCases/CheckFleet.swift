package import Certificates
package import Inventories
import Planning
package import Playbooks

/// Checks the inventory, the playbook and the files that they name, without contacting hosts, and asks the DNS whether
/// certificates may be ordered (`deploy check`).
package struct CheckFleet {
  /// The files that were checked and have no mistakes.
  package struct Report {
    package let path: String
    package let inventory: Inventory
    package let playbook: Playbook
    /// What visitors refuse in the certificates of sites, although nginx accepts it; and CAA records for which CAs
    /// would refuse to issue certificates.
    package let warnings: [String]
    /// What could not be checked, and why; nil if everything was.
    package let note: String?
  }

  /// Private keys are not read: they may be elsewhere.
  ///
  /// - Parameters:
  ///   - roots: the CAs that visitors are assumed to know; nil if they are not known.
  ///   - isOffline: whether CAA records are not looked up.
  /// - Throws: a failure if there are mistakes, which were shown before.
  package static func report(
    _ location: FleetLocation, playbook path: String?, _ interaction: any Interaction,
    knowing roots: KnownRoots? = SystemRoots.known, isOffline: Bool = false
  ) async throws -> Report {
    try await report(
      location, playbook: path, interaction, knowing: roots, looking: isOffline ? nil : CAALookup())
  }

  /// - Parameter lookup: finds CAA records; nil if they are not looked up.
  static func report(
    _ location: FleetLocation, playbook path: String?, _ interaction: any Interaction,
    knowing roots: KnownRoots?, looking lookup: CAALookup?
  ) async throws -> Report {
    let workspace = try await Workspace.open(location, interaction)
    let playbook = try path.map { try Workspace.playbook($0, interaction) } ?? .rolling
    let materials = try MaterialsReader(
      workspace: workspace, now: .current, keys: .none, roots: roots
    ).read()
    let orders = await lookup?.findings(for: permissions(workspace.inventory))
    return Report(
      path: InventoryFile.name(workspace.inventoryPath), inventory: workspace.inventory,
      playbook: playbook,
      warnings: materials.certificateWarnings + (orders?.warnings ?? []), note: orders?.note)
  }

  /// The orders that depend on CAA records which the controller can judge.
  private static func permissions(_ inventory: Inventory) -> [OrderPermission] {
    inventory.sites.compactMap { site in
      inventory.acmeAccount(of: site).flatMap { OrderPermission(for: site, with: $0) }
    }
  }
}
