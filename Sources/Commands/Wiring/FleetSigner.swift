import Certificates
import Execution
import Fleet
import Foundation
import Hashing
import Inventories
import State

/// Signs manifests with the key of the fleet, and says in each what other copies of the state need to
/// catch up.
struct FleetSigner: ManifestSigner {
  /// Nil in a run that installs nothing.
  let key: FleetSigningKey?
  let keeper: StateKeeper

  func signed(_ manifest: Manifest) async throws -> Manifest {
    guard let key else {
      preconditionFailure("A release was planned without a fleet key. This is a bug in deploy.")
    }
    var manifest = manifest
    manifest.knowledge = await keeper.state.knowledge(on: manifest.host ?? "", at: .current)
    manifest.signature = Manifest.Signature(
      publicKey: key.publicKey, text: try key.sign(manifest.signedText))
    return manifest
  }
}

extension Workspace {
  /// Recognizes manifests by the keys of state and folder.
  func recognizer(for state: FleetState) throws -> @Sendable (String) -> ShownManifest {
    var keys = state.fleetKeys
    keys.learn(try authorityFolder.fleetKeys(of: inventory.fleet.text))
    return { [keys] text in
      ShownManifest(text, knowing: keys, digest: { Digest.sha256(of: $0) }) {
        FleetSigningKey.isValid($0, of: $1, publicKey: $2)
      }
    }
  }

  /// The key that signs for this state; the first one of a fleet is made. The lock of the state is held.
  func fleetKey(for state: inout FleetState) throws -> FleetSigningKey {
    let (folder, fleet) = (authorityFolder, inventory.fleet.text)
    state.fleetKeys.learn(try folder.fleetKeys(of: fleet))
    if state.fleetKeys.isEmpty {
      let generation = state.authorities.last?.generation ?? 1
      state.fleetKeys.learn([try folder.makeFleetKey(generation, of: fleet, after: [])])
    }
    let latest = state.fleetKeys.last?.generation ?? 0
    for key in state.fleetKeys.reversed() where key.generation == latest {
      if let signing = try folder.signingKey(key) { return signing }
    }
    throw Failure(.failed, try missingFleetKey(latest))
  }

  private func missingFleetKey(_ generation: Int) throws -> String {
    let folder = authorityFolder
    return
      "\(folder.fleetKeyPath(generation)) is not there, and releases of this fleet are signed with it: copy"
      + " \(folder.path) from where the CA was made or changed last, or from a backup; if it is lost,"
      + " make the next generation of CA and key with\n    deploy"
      + " \((try folder.isEmpty()) ? "authority create" : "rotate authority")"
      + " --inventory \(inventoryPath)"
  }

  /// Why a release could not be signed here, which a plan tells before an apply stops at it; nil if it can
  /// be. No private key is read.
  func signingObstacle(for state: FleetState) throws -> String? {
    let folder = authorityFolder
    let own = try folder.fleetKeys(of: inventory.fleet.text)
    guard let latest = (state.fleetKeys + own).map(\.generation).max() else { return nil }
    let isHere =
      own.contains { $0.generation == latest }
      && FileManager.default.fileExists(atPath: folder.fleetKeyPath(latest))
    return isHere ? nil : try missingFleetKey(latest)
  }
}
