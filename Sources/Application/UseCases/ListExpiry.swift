import CAStore
import Certificates
package import Fleet
import Hashing
import Inventories
package import Planning
import State

/// Lists expiry dates from the state, the CA's folder and the certificates of sites, without
/// contacting hosts (`deploy status --expiry`).
package struct ListExpiry {
  private let run: FleetRun

  package init(_ run: FleetRun) { self.run = run }

  /// - Parameter now: the time from which days are counted.
  package func expiries(now: Timestamp) throws -> (fleet: String, expiries: [Expiry]) {
    let state = try run.states.read()
    return (state.fleet, try expiries(of: state, now: now))
  }

  /// The expiry dates of a state that was read already.
  func expiries(of state: FleetState, now: Timestamp) throws -> [Expiry] {
    let folder = run.ca.folder
    var lists: [Int: Timestamp] = [:]
    for record in state.caGenerations {
      lists[record.generation] = try folder.revocationList(of: record).map {
        Timestamp(secondsSince1970: $0.nextUpdate)
      }
    }
    let roots = try state.caGenerations.compactMap {
      try folder.root(above: $0).map(Expiry.Root.init)
    }
    var materials = try MaterialsReader(workspace: run.workspace, now: now, keys: .none).read()
    try OrderedMaterials(run.workspace, withFormer: true).add(to: &materials)
    materials.keepFormerOrders(shownBy: state) { Digest.sha256(of: $0) }
    return Expiry.all(
      of: state, run.workspace.inventory.ca.certificates,
      siteCertificates: materials.siteCertificates, revocationLists: lists,
      roots: roots, now: now)
  }
}

extension Expiry.Root {
  fileprivate init(_ root: CAFolder.Root) {
    self.init(
      name: root.commonName, notAfter: root.notAfter,
      listEnd: root.list.map { Timestamp(secondsSince1970: $0.nextUpdate) })
  }
}
