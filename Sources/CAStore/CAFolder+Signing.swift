package import Certificates
import FoundationEssentials
import Hashing
package import State

/// The keys that sign manifests, as folder and state have them together.
extension CAFolder {
  /// Recognizes manifests by the keys of state and folder.
  package func recognizer(for state: FleetState) throws -> @Sendable (String) -> ShownManifest {
    var keys = state.fleetKeys
    keys.learn(try fleetKeys(of: state.fleet))
    return { [keys] text in
      ShownManifest(text, knowing: keys, digest: { Digest.sha256(of: $0) }) {
        FleetSigningKey.isValid($0, of: $1, publicKey: $2)
      }
    }
  }

  /// The key that signs for this state; the first one of a fleet is made. The lock of the state is held.
  package func fleetKey(for state: inout FleetState) throws -> FleetSigningKey {
    state.fleetKeys.learn(try fleetKeys(of: state.fleet))
    if state.fleetKeys.isEmpty {
      let generation = state.signingCA?.generation ?? 1
      state.fleetKeys.learn([try makeFleetKey(generation, of: state.fleet, after: [])])
    }
    let latest = state.fleetKeys.last?.generation ?? 0
    for key in state.fleetKeys.reversed() where key.generation == latest {
      if let signing = try signingKey(key) { return signing }
    }
    throw CAStoreError(try missingFleetKey(latest))
  }

  private func missingFleetKey(_ generation: Int) throws -> String {
    "\(fleetKeyPath(generation)) is not there, and releases of this fleet are signed with it: copy"
      + " \(path) from where the CA was made or changed last, or from a backup; if it is lost,"
      + " make the next generation of CA and key with\n    deploy"
      + " \((try isEmpty()) ? "ca create" : "rotate ca")"
      + " --inventory \(inventoryPath)"
  }

  /// Why a release could not be signed here, so that a plan can say it before an apply stops; nil if it
  /// can be. No private key is read.
  package func signingBlocker(for state: FleetState) throws -> String? {
    let own = try fleetKeys(of: state.fleet)
    guard let latest = (state.fleetKeys + own).map(\.generation).max() else { return nil }
    let isHere =
      own.contains { $0.generation == latest }
      && FileManager.default.fileExists(atPath: fleetKeyPath(latest))
    return isHere ? nil : try missingFleetKey(latest)
  }
}
