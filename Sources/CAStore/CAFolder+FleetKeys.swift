package import Certificates
import Files
package import State

/// The fleet keys (Ed25519), which sign manifests. Each CA generation has its own.
///
///     fleet-1.key  the private key: PKCS#8, not encrypted, so that runs without new certificates need no passphrase;
///                  in a database that others read, encrypted with the CA's passphrase
///     fleet-1.pub  the public key, and the signature of the key before it
extension CAFolder {
  package func fleetKeyPath(_ generation: Int) -> String { "\(path)/fleet-\(generation).key" }
  package func hasFleetKey(_ generation: Int) throws -> Bool {
    try storage.exists(fleetKeyPath(generation))
  }
  func fleetPublicKeyPath(_ generation: Int) -> String { "\(path)/fleet-\(generation).pub" }

  /// The private keys in the folder.
  func fleetKeyPaths() throws -> [String] {
    try storage.names(in: path).filter { $0.hasPrefix("fleet-") && $0.hasSuffix(".key") }
      .map { "\(path)/\($0)" }
  }

  /// The public keys in the folder.
  package func fleetKeys(of fleet: String) throws -> [FleetKey] {
    var keys: [FleetKey] = []
    for name in try storage.names(in: path) where name.hasPrefix("fleet-") && name.hasSuffix(".pub")
    {
      let file = "\(path)/\(name)"
      let text = String(decoding: try storage.read(file, as: .ca), as: UTF8.self)
      guard let key = FleetKey(text, of: fleet) else {
        throw CAStoreError(
          "\(file) is not a public key of the fleet \(fleet): restore it from a backup")
      }
      keys.learn([key])
    }
    return keys
  }

  /// Whether fleet keys are encrypted, so that signing a release needs the passphrase.
  package var encryptsFleetKeys: Bool { storage.isShared }

  /// The private key that belongs to a public one; nil if the folder does not have it.
  package func signingKey(
    _ key: FleetKey, passphrase: Secret? = nil
  ) throws -> FleetSigningKey? {
    let path = fleetKeyPath(key.generation)
    guard try storage.exists(path) else { return nil }
    let signing = try FleetSigningKey.read(
      pem: fleetKeyPEM(path, passphrase: passphrase), named: path)
    return signing.publicKey == key.publicKey ? signing : nil
  }

  /// A fleet key that is not encrypted any longer.
  func fleetKeyPEM(_ path: String, passphrase: Secret?) throws -> Secret {
    try storage.checkIsOwn(self.path)
    var bytes = try storage.read(path, as: .caKey)
    guard encryptsFleetKeys else { return Secret(wiping: &bytes) }
    guard let passphrase else {
      preconditionFailure(
        "An encrypted key was read without a passphrase. This is a bug in deploy.")
    }
    return try naming(path) {
      try SealedKey.open(
        String(decoding: bytes, as: UTF8.self), named: path, passphrase: passphrase)
    }
  }

  /// Writes a new fleet key.
  func createFleetKey(_ path: String, _ pem: Secret, passphrase: Secret?) throws {
    let text: String
    if encryptsFleetKeys {
      guard let passphrase else {
        preconditionFailure("A key was shared without a passphrase. This is a bug in deploy.")
      }
      text = try SealedKey.seal(pem, named: path, passphrase: passphrase)
    } else {
      text = pem.withUnsafeBytes { String(decoding: $0, as: UTF8.self) }
    }
    try storage.create(path, text: text, for: .ownerAlone)
  }

  /// Creates the key of a generation unless it exists, or completes an interrupted creation. The previous key
  /// signs the new one if it is in the folder.
  ///
  /// - Parameters:
  ///   - known: the earlier keys of the fleet, from the state.
  ///   - passphrase: needed if ``encryptsFleetKeys``.
  @discardableResult
  package func makeFleetKey(
    _ generation: Int, of fleet: String, after known: [FleetKey], passphrase: Secret? = nil
  ) throws -> FleetKey {
    let path = fleetKeyPath(generation)
    let isThere = try storage.exists(path)
    let signing =
      try isThere
      ? FleetSigningKey.read(pem: fleetKeyPEM(path, passphrase: passphrase), named: path)
      : FleetSigningKey.generate()
    var all = try fleetKeys(of: fleet)
    if let key = all.first(where: { $0.publicKey == signing.publicKey }) { return key }
    all.learn(known)
    var key = FleetKey(generation: generation, publicKey: signing.publicKey)
    if let before = all.last(where: { $0.generation < generation }),
      let signer = try signingKey(before, passphrase: passphrase)
    {
      key.endorsement = FleetKey.Endorsement(
        signer: before.publicKey, signature: try signer.sign(key.statement(of: fleet)))
    }
    if !isThere {
      // The private key first: nothing is lost if the run stops before its public key is published.
      try createFleetKey(path, signing.pem(), passphrase: passphrase)
    }
    try storage.replace(
      fleetPublicKeyPath(generation), text: key.text(of: fleet), for: .everyone)
    return key
  }
}

extension FleetKey {
  /// The content of the public key's file.
  fileprivate func text(of fleet: String) -> String {
    statement(of: fleet)
      + (endorsement.map { "endorsed \($0.signer) \($0.signature)\n" } ?? "")
  }

  fileprivate init?(_ text: String, of fleet: String) {
    var (generation, publicKey, endorsement): (Int?, String?, Endorsement?)
    for line in text.split(separator: "\n") {
      let words = line.split(separator: " ").map(String.init)
      switch (words.first, words.count) {
      case ("generation", 2): generation = Int(words[1])
      case ("key", 2): publicKey = words[1]
      case ("endorsed", 3): endorsement = Endorsement(signer: words[1], signature: words[2])
      default: break
      }
    }
    guard let generation, let publicKey else { return nil }
    self.init(generation: generation, publicKey: publicKey, endorsement: endorsement)
    guard self.text(of: fleet) == text else { return nil }
  }
}
