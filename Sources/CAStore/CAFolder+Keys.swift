package import Certificates
import Files
import Fleet
package import State

/// The encrypted private keys of the generations, and their passphrase.
extension CAFolder {
  /// Decrypts the key of a generation, so that it can sign.
  package func unlock(_ record: CAGeneration, passphrase: Secret) throws -> CertificateAuthority {
    let key = try key(record.generation)
    return try naming(keyPath(record.generation)) {
      try CertificateAuthority.unlock(
        CAFiles(certificatePEM: record.certificate, encryptedKeyPEM: key),
        passphrase: passphrase)
    }
  }

  /// The encrypted key of a generation.
  func key(_ generation: Int) throws -> String {
    let path = keyPath(generation)
    guard try storage.exists(path) else {
      throw CAStoreError(
        "\(path) is missing, and only that key can sign for generation \(generation). Restore the folder"
          + " from a backup or from the person who created the CA. If the key is lost, replace the CA with"
          + " \"deploy rotate ca\"")
    }
    return try encryptedKey(path)
  }

  /// How a key file is protected, or why it cannot be read.
  package func protection(ofKeyAt path: String) -> Result<
    CAFiles.KeyProtection, CAStoreError
  > {
    do {
      return .success(CAFiles.protection(ofKeyPEM: try encryptedKey(path)))
    } catch {
      return .failure(CAStoreError("\(error)"))
    }
  }

  /// A sentence for each key file that is not encrypted as required, or that is not a key.
  func keyFindings() throws -> [String] {
    let paths = try listing().keys.sorted().map(keyPath) + (hasRootKey ? [rootKeyPath] : [])
    return paths.compactMap { path in
      switch protection(ofKeyAt: path) {
      case .success(.encrypted): nil
      case .success(.noKey): "\(path) does not hold a private key: restore it from a backup"
      case .success(.none), .success(.encryptedElsewise):
        "\(path) is not encrypted as PKCS#8, which deploy requires: encrypt it with"
          + "\n    openssl pkcs8 -topk8 -v2 aes-256-cbc -iter 600000 -in \(path) -out \(path).new"
          + "\n    mv \(path).new \(path)"
      case .failure(let failure): failure.message
      }
    }
  }

  /// The text of a key file, if only its owner can read it.
  func encryptedKey(_ path: String) throws -> String {
    try storage.checkIsOwn(self.path)
    return String(decoding: try storage.read(path, as: .caKey), as: UTF8.self)
  }

  /// The result of changing the passphrase.
  package struct PassphraseChange {
    /// The paths of the keys that were encrypted with the new one.
    package fileprivate(set) var changed: [String] = []
    /// A sentence for each archived key that could not be changed.
    package fileprivate(set) var leftAlone: [String] = []
  }

  /// Encrypts every key with another passphrase, including archived keys. Each file is replaced atomically; keys
  /// that already have the new passphrase, after an interrupted run, stay unchanged.
  package func changePassphrase(from old: Secret, to new: Secret) throws -> PassphraseChange {
    let paths = try listing().keys.sorted().map(keyPath) + (hasRootKey ? [rootKeyPath] : [])
    let fleetKeys = encryptsFleetKeys ? try fleetKeyPaths() : []
    var ready = try (paths + fleetKeys).compactMap { path in
      try resealed(path, from: old, to: new).map { (path, $0) }
    }
    var change = PassphraseChange()
    let ordered = try acme.resealed(from: old, to: new)
    for path in try archive.listing().keys.sorted().map(archive.keyPath) {
      do {
        ready += try archive.resealed(path, from: old, to: new).map { [(path, $0)] } ?? []
      } catch let failure as CAStoreError {
        // An archived key signs nothing, so one with another passphrase does not stop the change.
        change.leftAlone.append(failure.message)
      }
    }
    // All keys could be decrypted: only now is the first one replaced.
    for (path, key) in ready { try storage.replace(path, text: key, for: .ownerAlone) }
    for (path, contents) in ordered {
      try storage.replace(path, contents: contents, for: .ownerAlone)
    }
    change.changed = ready.map(\.0) + ordered.map(\.path)
    return change
  }

  /// A key, encrypted with a new passphrase; nil if it already has that one.
  private func resealed(_ path: String, from old: Secret, to new: Secret) throws -> String? {
    let key = try encryptedKey(path)
    return try naming(path) {
      do {
        return try CAFiles.reseal(
          encryptedKeyPEM: key, passphrase: old, newPassphrase: new)
      } catch let error as CertificateError where error.code == .wrongPassphrase {
        _ = try CAFiles.reseal(encryptedKeyPEM: key, passphrase: new, newPassphrase: new)
        return nil
      }
    }
  }

  /// Adds the path to certificate errors.
  func naming<Result>(_ path: String, _ body: () throws -> Result) throws -> Result {
    do {
      return try body()
    } catch let error as CertificateError {
      throw CAStoreError("\(path): \(error)")
    }
  }
}
