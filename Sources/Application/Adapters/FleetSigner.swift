import Certificates
import Execution
import State

/// Signs manifests with the fleet key. Each manifest also contains what an outdated copy of the
/// state needs to catch up: revocations, CA generations, fleet keys, and certificates issued to the
/// host.
struct FleetSigner: ManifestSigner {
  /// Nil in a run that installs nothing.
  let key: FleetSigningKey?
  let keeper: StateKeeper

  func signed(_ manifest: Manifest) async throws -> Manifest {
    guard let key else {
      preconditionFailure("A release was planned without a fleet key. This is a bug in deploy.")
    }
    guard let host = manifest.host else {
      preconditionFailure("A manifest names no host. This is a bug in deploy.")
    }
    var manifest = manifest
    manifest.knowledge = await keeper.knowledge(on: host, at: .current)
    manifest.signature = Manifest.Signature(
      publicKey: key.publicKey, text: try key.sign(manifest.signedText))
    return manifest
  }
}
