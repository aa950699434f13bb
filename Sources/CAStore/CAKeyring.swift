package import Certificates
package import Fleet
package import Inventories
package import State

/// The unlocked keys of the CA during one run, wiped from memory when the keyring is released.
package actor CAKeyring {
  private let folder: CAFolder
  /// The CA settings of the inventory.
  private let policy: CAPolicy
  private let source: any PassphraseReader
  /// A passphrase that has opened a key or encrypted one.
  private var passphrase: Secret?
  /// The passphrase that is being got, for all tasks that wait for it.
  private var reading: Task<Secret, any Error>?
  private var unlocked: [Int: CertificateAuthority] = [:]

  package init(
    _ folder: CAFolder, _ policy: CAPolicy, passphrase source: any PassphraseReader
  ) {
    self.folder = folder
    self.policy = policy
    self.source = source
  }

  /// The CA of a generation, ready to sign.
  package func ca(_ record: CAGeneration) async throws -> CertificateAuthority {
    if let known = unlocked[record.generation] { return known }
    return try await withPassphrase { passphrase in
      // Another task may have opened it while this one waited.
      if let known = unlocked[record.generation] { return known }
      let ca = try folder.unlock(record, passphrase: passphrase)
      unlocked[record.generation] = ca
      return ca
    }
  }

  /// Prepares folder and state for a rotation: creates the next CA generation and the next fleet key.
  package func startRotation(of state: inout FleetState, now: Timestamp) async throws {
    // The new key gets the passphrase of the others, so a mistyped one has to be found before.
    let signing = state.signingCA
    let isKnown = try signing.map { try folder.listing().keys.contains($0.generation) } ?? false
    if let signing, isKnown { _ = try await ca(signing) }
    try await withPassphrase(isNew: true) { passphrase in
      try folder.startRotation(
        policy, from: state.caGenerations, retired: state.retiredCAs,
        passphrase: passphrase, now: now.secondsSince1970)
    }
    try folder.takeIn(into: &state, now: now)
    try folder.makeFleetKey(
      state.signingCA?.generation ?? 1, of: state.fleet, after: state.fleetKeys,
      passphrase: passphrase)
  }

  /// The latest fleet key, which signs. The first one of a fleet is created.
  ///
  /// - Parameter state: gets the public key.
  package func fleetKey(for state: inout FleetState) async throws -> FleetSigningKey {
    guard folder.encryptsFleetKeys else {
      return try folder.fleetKey(for: &state, passphrase: nil)
    }
    // A new fleet key gets the passphrase of the CA, so a mistyped one has to be found before.
    if let signing = state.signingCA, try folder.listing().keys.contains(signing.generation) {
      _ = try await ca(signing)
    }
    let start = state
    let (next, key) = try await withPassphrase { passphrase in
      var next = start
      let key = try folder.fleetKey(for: &next, passphrase: passphrase)
      return (next, key)
    }
    state = next
    return key
  }

  /// Encrypts a key with the CA's passphrase.
  ///
  /// - Parameters:
  ///   - name: how errors name the key.
  ///   - record: a generation whose key shows that the passphrase is right.
  package func seal(
    _ key: Secret, named name: String, like record: CAGeneration
  ) async throws -> String {
    _ = try await ca(record)
    return try await withPassphrase {
      try SealedKey.seal(key, named: name, passphrase: $0)
    }
  }

  /// Decrypts a key that ``seal(_:named:like:)`` has encrypted.
  package func open(_ key: String, named name: String) async throws -> Secret {
    try await withPassphrase { try SealedKey.open(key, named: name, passphrase: $0) }
  }

  /// The root CA that signed a generation; nil if the generation is self-signed.
  package func root(above ca: CertificateAuthority) async throws -> CertificateAuthority? {
    guard !ca.isRoot else { return nil }
    try folder.refuseForeignRoot(of: ca)
    return try await withPassphrase { try folder.unlockRoot(passphrase: $0) }
  }

  /// Gets the passphrase unless it is known. One that opens nothing is forgotten, and the next task asks again.
  private func withPassphrase<Result>(
    isNew: Bool = false, _ use: (Secret) throws -> Result
  ) async throws -> Result {
    if let passphrase { return try use(passphrase) }
    let reading = reading ?? Task { [source] in try await source.read(isNew: isNew) }
    self.reading = reading
    defer { if self.reading == reading { self.reading = nil } }
    let passphrase = try await withTaskCancellationHandler {
      try await reading.value
    } onCancel: {
      reading.cancel()
    }
    let result = try use(passphrase)
    self.passphrase = passphrase
    return result
  }
}
