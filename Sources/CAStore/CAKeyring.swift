package import Certificates
package import Fleet
package import Inventories
package import State

/// The unlocked keys of the CA during one run. The passphrase is read once, and each key is decrypted once. Both are
/// wiped from memory when the keyring is released.
package actor CAKeyring {
  private let folder: CAFolder
  /// The CA settings of the inventory.
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

  /// Prepares folder and state for a rotation: creates the next CA generation and the next fleet key.
  package func startRotation(of state: inout FleetState, now: Timestamp) throws {
    // The new key gets the passphrase of the others, so a mistyped one has to be found before.
    let signing = state.caGenerations.last
    let isKnown = try signing.map { try folder.listing().keys.contains($0.generation) } ?? false
    if let signing, isKnown { _ = try ca(signing) }
    let passphrase = try passphrase ?? source.read(isNew: true)
    try folder.startRotation(
      policy, from: state.caGenerations, retired: state.retiredCAs,
      passphrase: passphrase, now: now.secondsSince1970)
    self.passphrase = passphrase
    try folder.takeIn(into: &state, now: now)
    try folder.makeFleetKey(
      state.caGenerations.last?.generation ?? 1, of: state.fleet, after: state.fleetKeys)
  }

  /// The root CA that signed a generation; nil if the generation is self-signed.
  package func root(above ca: CertificateAuthority) throws -> CertificateAuthority? {
    guard !ca.isRoot else { return nil }
    return try folder.unlockRoot(passphrase: passphrase ?? source.read())
  }
}
