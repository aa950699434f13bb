import Certificates
package import Fleet
package import State

/// What the CA's folder and the fleet's state say of the CA, taken together.
extension CAFolder {
  /// Brings what the state says of the CA together with what the folder has.
  package func takeIn(into state: inout FleetState, now: Timestamp) throws {
    do {
      try state.takeIn(
        folder: records(),
        archived: archive.listing().certificates.sorted().map { try archive.record($0, .retiring) },
        at: now)
    } catch let conflict as FleetState.GenerationConflict {
      let fleets = conflict.ofFleet
      throw CAStoreError(
        "\(path) has generation \(conflict.inFolder.generation) \"\(conflict.inFolder.commonName)\""
          + " with another key than the fleet's generation \(fleets.generation) \"\(fleets.commonName)\":"
          + " no host knows the one in the folder. Copy the folder from where the fleet's was made; if"
          + " that is lost, make the fleet's next generation:\n    mv \(path)"
          + " \(path).other\n    deploy ca create --inventory \(inventoryPath)")
    }
    try refuseNoneToSign(state.caGenerations)
  }

  /// Stops if the fleet has no CA, which is the first thing that a new one needs.
  package func refuseWithoutCA(_ state: FleetState) throws {
    guard !state.caGenerations.isEmpty else {
      throw CAStoreError(
        "there is no CA in \(path): make one with\n    deploy ca create"
          + " --inventory \(inventoryPath)")
    }
  }
}
