package import Certificates
import Files
import Fleet
import FoundationEssentials
package import State

extension CAFolder {
  /// Opens the key of a generation, so that it can sign.
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
    guard FileManager.default.fileExists(atPath: path) else {
      throw CAStoreError(
        "\(path) is not there, and only that key can sign for generation \(generation): restore"
          + " the folder from a backup or from who made it; if the key is lost, go on with a new CA, and"
          + " hosts will trust nothing of this one: \"deploy rotate ca\"")
    }
    return try encryptedKey(path)
  }

  /// What protects a generation's key; why that is not known, if the file cannot be read.
  package func protection(ofKeyAt path: String) -> Result<
    CAFiles.KeyProtection, CAStoreError
  > {
    do {
      return .success(CAFiles.protection(ofKeyPEM: try encryptedKey(path)))
    } catch {
      return .failure(CAStoreError("\(error)"))
    }
  }

  /// A sentence for each key that nothing protects but the permissions of its file, or that is not a key.
  func keyFindings() throws -> [String] {
    let paths = try listing().keys.sorted().map(keyPath) + (hasRootKey ? [rootKeyPath] : [])
    return paths.compactMap { path in
      switch protection(ofKeyAt: path) {
      case .success(.encrypted): nil
      case .success(.noKey): "\(path) does not hold a private key: restore it from a backup"
      case .success(.none), .success(.encryptedElsewise):
        "\(path) is not encrypted as PKCS#8, and deploy signs with no other key: encrypt it with"
          + "\n    openssl pkcs8 -topk8 -v2 aes-256-cbc -iter 600000 -in \(path) -out \(path).new"
          + "\n    mv \(path).new \(path)"
      case .failure(let failure): failure.message
      }
    }
  }

  func encryptedKey(_ path: String) throws -> String {
    try FileWriter.checkIsOwn(self.path)
    return String(decoding: try FileReader.read(path, as: .caKey), as: UTF8.self)
  }

  /// What a change of the passphrase did.
  package struct PassphraseChange {
    /// The paths of the keys that have the new one now.
    package fileprivate(set) var changed: [String] = []
    /// Why keys of the archive stay as they are, a sentence each.
    package fileprivate(set) var leftAlone: [String] = []
  }

  /// Encrypts every key with another passphrase, those of the archive too. Each is replaced as a whole; one that the new
  /// passphrase opens already, after a run that was cut off, is left alone.
  package func changePassphrase(from old: Secret, to new: Secret) throws -> PassphraseChange {
    let paths = try listing().keys.sorted().map(keyPath) + (hasRootKey ? [rootKeyPath] : [])
    var ready = try paths.compactMap { path in
      try resealed(path, from: old, to: new).map { (path, $0) }
    }
    var change = PassphraseChange()
    for path in try archive.listing().keys.sorted().map(archive.keyPath) {
      do {
        ready += try archive.resealed(path, from: old, to: new).map { [(path, $0)] } ?? []
      } catch let failure as CAStoreError {
        // Nothing is signed with it any more: that it has a passphrase of its own refuses nothing.
        change.leftAlone.append(failure.message)
      }
    }
    // All of them open: only now is the first one written.
    for (path, key) in ready { try FileWriter.replace(path, text: key, for: .ownerAlone) }
    change.changed = ready.map(\.0)
    return change
  }

  /// A key under a new passphrase; nil where that one opens it already.
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

  /// Tells which file an error is about.
  func naming<Result>(_ path: String, _ body: () throws -> Result) throws -> Result {
    do {
      return try body()
    } catch let error as CertificateError {
      throw CAStoreError("\(path): \(error)")
    }
  }
}
