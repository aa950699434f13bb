package import Certificates
package import Fleet
package import Inventories
package import State

/// The unlocked keys of the CA. The passphrase is asked for once a run, and each key is opened once.
/// Releasing the keyring wipes both from memory.
package actor CAKeyring {
  private let folder: CAFolder
  /// What the inventory says of the CA.
  private let policy: CAPolicy
  private let source: any PassphraseReader
  private var passphrase: Secret?
  private var unlocked: [Int: CertificateAuthority] = [:]

  package init(
    _ folder: CAFolder, _ policy: CAPolicy, passphrase source: any PassphraseReader
  ) {
    self.folder = folder
    self.policy = policy
    self.source = source
  }

  /// The CA of a generation, ready to sign.
  package func ca(_ record: CAGeneration) throws -> CertificateAuthority {
    if let known = unlocked[record.generation] { return known }
    let passphrase = try passphrase ?? source.read()
    let ca = try folder.unlock(record, passphrase: passphrase)
    self.passphrase = passphrase
    unlocked[record.generation] = ca
    return ca
  }

  /// Brings folder and state to where a rotation starts: the next CA generation, and with it the next
  /// key that signs manifests.
  package func startRotation(of state: inout FleetState, now: Timestamp) throws {
    // A new key gets the passphrase of the others: a wrong one would be found when it is too late.
    let signing = state.signingCA
    let isKnown = try signing.map { try folder.listing().keys.contains($0.generation) } ?? false
    if let signing, isKnown { _ = try ca(signing) }
    let passphrase = try passphrase ?? source.read(isNew: true)
    try folder.startRotation(
      policy, from: state.caGenerations, retired: state.retiredCAs,
      passphrase: passphrase, now: now.secondsSince1970)
    self.passphrase = passphrase
    try folder.takeIn(into: &state, now: now)
    try folder.makeFleetKey(
      state.signingCA?.generation ?? 1, of: state.fleet, after: state.fleetKeys)
  }

  /// What signed a generation; nil if it signed itself.
  package func root(above ca: CertificateAuthority) throws -> CertificateAuthority? {
    guard !ca.isRoot else { return nil }
    return try folder.unlockRoot(passphrase: passphrase ?? source.read())
  }
}
