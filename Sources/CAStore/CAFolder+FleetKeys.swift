package import Certificates
import Files
package import State

/// The fleet keys (Ed25519), which sign manifests. Each CA generation has its own.
///
///     fleet-1.key  the private key: PKCS#8, not encrypted, so that runs without new certificates need no passphrase
///     fleet-1.pub  the public key, and the signature of the key before it
extension CAFolder {
  package func fleetKeyPath(_ generation: Int) -> String { "\(path)/fleet-\(generation).key" }
  package func hasFleetKey(_ generation: Int) throws -> Bool {
    try storage.exists(fleetKeyPath(generation))
  }
  func fleetPublicKeyPath(_ generation: Int) -> String { "\(path)/fleet-\(generation).pub" }

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

  /// The private key that belongs to a public one; nil if the folder does not have it.
  package func signingKey(_ key: FleetKey) throws -> FleetSigningKey? {
    let path = fleetKeyPath(key.generation)
    guard try storage.exists(path) else { return nil }
    let signing = try readSigningKey(path)
    return signing.publicKey == key.publicKey ? signing : nil
  }

  private func readSigningKey(_ path: String) throws -> FleetSigningKey {
    try storage.checkIsOwn(self.path)
    var bytes = try storage.read(path, as: .caKey)
    return try naming(path) {
      try FleetSigningKey.read(pem: Secret(wiping: &bytes), named: path)
    }
  }

  /// Creates the key of a generation unless it exists, or completes an interrupted creation. The previous key
  /// signs the new one if it is in the folder.
  ///
  /// - Parameter known: the earlier keys of the fleet, from the state.
  @discardableResult
  package func makeFleetKey(_ generation: Int, of fleet: String, after known: [FleetKey]) throws
    -> FleetKey
  {
    let path = fleetKeyPath(generation)
    let isThere = try storage.exists(path)
    let signing = try isThere ? readSigningKey(path) : FleetSigningKey.generate()
    var all = try fleetKeys(of: fleet)
    if let key = all.first(where: { $0.publicKey == signing.publicKey }) { return key }
    all.learn(known)
    var key = FleetKey(generation: generation, publicKey: signing.publicKey)
    if let before = all.last(where: { $0.generation < generation }),
      let signer = try signingKey(before)
    {
      key.endorsement = FleetKey.Endorsement(
        signer: before.publicKey, signature: try signer.sign(key.statement(of: fleet)))
    }
    if !isThere {
      // The private key first: nothing is lost if the run stops before its public key is published.
      let pem = try signing.pem().withUnsafeBytes { String(decoding: $0, as: UTF8.self) }
      try storage.create(path, text: pem, for: .ownerAlone)
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
