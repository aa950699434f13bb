import Certificates
import Fleet
import Foundation
import Inventories
import State
import StateFiles

extension Workspace {
  /// The state of the fleet as it is on the disk; nil if there is none.
  func stateOnDisk() throws -> FleetState? {
    try StateFile.read(statePath, fleet: inventory.fleet.text).state
  }

  /// Brings what the state says of the CA together with what the folder has.
  func takeInFolder(_ state: inout FleetState) throws {
    let folder = authorityFolder
    let archive = folder.archive
    do {
      try state.takeIn(
        folder: folder.records(),
        archived: archive.listing().certificates.sorted().map { try archive.record($0, .retiring) },
        at: .current)
    } catch let conflict as FleetState.GenerationConflict {
      let fleets = conflict.ofFleet
      throw Failure(
        .failed,
        "\(folder.path) has generation \(conflict.inFolder.generation) \"\(conflict.inFolder.commonName)\""
          + " with another key than the fleet's generation \(fleets.generation) \"\(fleets.commonName)\":"
          + " no host knows the one in the folder. Copy the folder from where the fleet's was made; if"
          + " that is lost, make the fleet's next generation:\n    mv \(folder.path)"
          + " \(folder.path).other\n    deploy authority create --inventory \(inventoryPath)")
    }
    try folder.refuseNoneToSign(state.authorities)
  }

  /// The CA generations that hosts may trust, by the state and the folder; one must be there.
  func authorities() throws -> [AuthorityRecord] {
    var state =
      try stateOnDisk() ?? FleetState(fleet: inventory.fleet.text, lineage: "")
    try takeInFolder(&state)
    guard !state.authorities.isEmpty else {
      throw Failure(
        .failed,
        "there is no authority in \(authorityPath): make one with\n    deploy authority create"
          + " --inventory \(inventoryPath)")
    }
    return state.authorities
  }
}
