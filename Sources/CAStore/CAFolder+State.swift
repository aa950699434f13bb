import Certificates
package import Fleet
package import State

/// Combines what the CA's folder and the fleet's state say about the CA.
extension CAFolder {
  /// Adds the generations of the folder to the state, and what the lists of those revoke that the state does not
  /// know yet: an imported CA may have revoked certificates before.
  package func takeIn(into state: inout FleetState, now: Timestamp) throws {
    let known = Set(state.caGenerations.map(\.keyIdentifier))
    do {
      try state.takeIn(
        folder: records(),
        archived: archive.listing().certificates.sorted().map { try archive.record($0, .retiring) },
        at: now)
    } catch let conflict as FleetState.GenerationConflict {
      let fleets = conflict.ofFleet
      throw CAStoreError(
        "\(path) has generation \(conflict.inFolder.generation) \"\(conflict.inFolder.commonName)\""
          + " with another key than the fleet's generation \(fleets.generation) \"\(fleets.commonName)\","
          + " so no host trusts the CA in the folder. Copy the folder from where the fleet's CA was created. If"
          + " that is lost, create the next generation of the fleet's CA:\n    mv \(path)"
          + " \(path).other\n    deploy ca create --inventory \(inventoryPath)")
    }
    try refuseNoneToSign(state.caGenerations)
    for record in state.caGenerations where !known.contains(record.keyIdentifier) {
      state.learn(try recordedRevocations(of: record))
    }
  }

  /// Stops if the fleet has no CA.
  package func refuseWithoutCA(_ state: FleetState) throws {
    guard !state.caGenerations.isEmpty else {
      throw CAStoreError(
        "there is no CA in \(path): create one with\n    deploy ca create"
          + " --inventory \(inventoryPath)")
    }
  }
}
