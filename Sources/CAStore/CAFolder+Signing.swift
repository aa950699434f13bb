import Certificates
import Files
import Hashing
package import State

/// Signing and checking manifests with the fleet keys of folder and state.
extension CAFolder {
  /// Checks signatures of manifests with the fleet keys of state and folder.
  package func recognizer(for state: FleetState) throws -> @Sendable (String) -> ShownManifest {
    var keys = state.fleetKeys
    keys.learn(try fleetKeys(of: state.fleet))
    return { [keys] text in
      ShownManifest(text, knowing: keys, digest: { Digest.sha256(of: $0) }) {
        FleetSigningKey.isValid($0, of: $1, publicKey: $2)
      }
    }
  }

  /// The latest fleet key, which signs. The first one of a fleet is created. Needs the lock of the state.
  ///
  /// - Parameter passphrase: needed if ``encryptsFleetKeys``.
  func fleetKey(
    for state: inout FleetState, passphrase: Secret?
  ) throws -> FleetSigningKey {
    state.fleetKeys.learn(try fleetKeys(of: state.fleet))
    if state.fleetKeys.isEmpty {
      let generation = state.signingCA?.generation ?? 1
      state.fleetKeys.learn([
        try makeFleetKey(generation, of: state.fleet, after: [], passphrase: passphrase)
      ])
    }
    let latest = state.fleetKeys.last?.generation ?? 0
    for key in state.fleetKeys.reversed() where key.generation == latest {
      if let signing = try signingKey(key, passphrase: passphrase) { return signing }
    }
    throw CAStoreError(try missingFleetKey(latest))
  }

  private func missingFleetKey(_ generation: Int) throws -> String {
    "\(fleetKeyPath(generation)) is missing, and releases of this fleet are signed with it. Copy \(path)"
      + " from where the CA was created or last changed, or from a backup. If the key is lost, create the next"
      + " generation of the CA and the fleet key with\n    deploy"
      + " \((try isEmpty()) ? "ca create" : "rotate ca")"
      + " --inventory \(inventoryPath)"
  }

  /// Why releases cannot be signed on this controller, so that a plan can warn before an apply stops; nil if they
  /// can be. Reads no private key.
  package func signingBlocker(for state: FleetState) throws -> String? {
    let own = try fleetKeys(of: state.fleet)
    guard let latest = (state.fleetKeys + own).map(\.generation).max() else { return nil }
    let isHere =
      try own.contains { $0.generation == latest } && storage.exists(fleetKeyPath(latest))
    return isHere ? nil : try missingFleetKey(latest)
  }
}
