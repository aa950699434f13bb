import Certificates
import Foundation
import Inventories
import State

extension AuthorityFolder {
  func unlock(_ record: AuthorityRecord, passphrase: Secret) throws -> CertificateAuthority {
    let key = try key(record.generation)
    return try naming(keyPath(record.generation)) {
      try CertificateAuthority.unlock(
        AuthorityFiles(certificatePEM: record.certificate, encryptedKeyPEM: key),
        passphrase: passphrase)
    }
  }

  /// The encrypted key of a generation.
  func key(_ generation: Int) throws -> String {
    let path = keyPath(generation)
    guard FileManager.default.fileExists(atPath: path) else {
      throw Failure(
        .failed,
        "\(path) is not there, and only that key can sign for generation \(generation): restore it"
          + " from a backup, or rotate the authority")
    }
    return try encryptedKey(path)
  }

  func encryptedKey(_ path: String) throws -> String {
    try PrivateFile.checkIsOwn(self.path)
    try PrivateFile.checkIsPrivate(path)
    return String(decoding: try Workspace.contents(of: path), as: UTF8.self)
  }

  /// Encrypts every key anew and answers with the paths of those that were. Each is replaced as a
  /// whole; one that the new passphrase opens already, after a run that was cut off, is left alone.
  func changePassphrase(from old: Secret, to new: Secret) throws -> [String] {
    let paths = try listing().keys.sorted().map(keyPath) + (hasRootKey ? [rootKeyPath] : [])
    let resealed = try paths.compactMap { path -> (String, String)? in
      let key = try encryptedKey(path)
      return try naming(path) {
        do {
          return (
            path,
            try AuthorityFiles.reseal(encryptedKeyPEM: key, passphrase: old, newPassphrase: new)
          )
        } catch let error as CertificateError where error.code == .wrongPassphrase {
          _ = try AuthorityFiles.reseal(encryptedKeyPEM: key, passphrase: new, newPassphrase: new)
          return nil
        }
      }
    }
    // All of them open: only now is the first one written.
    for (path, key) in resealed { try PrivateFile.replace(path, contents: key, mode: 0o600) }
    return resealed.map(\.0)
  }

  /// Tells which file an error is about.
  func naming<Result>(_ path: String, _ body: () throws -> Result) throws -> Result {
    do {
      return try body()
    } catch let error as CertificateError {
      throw Failure(.failed, "\(path): \(error)")
    }
  }
}

/// The authority's unlocked keys: the passphrase is asked for once a run, and each key opened once.
/// Letting go of it wipes both from memory.
actor AuthorityKeyring {
  private let folder: AuthorityFolder
  private let source: Passphrase
  private var passphrase: Secret?
  private var unlocked: [Int: CertificateAuthority] = [:]

  init(_ workspace: Workspace) {
    folder = AuthorityFolder(path: workspace.authorityPath)
    source = Passphrase(source: workspace.inventory.authority.passphrase, workspace: workspace)
  }

  func authority(_ record: AuthorityRecord) throws -> CertificateAuthority {
    if let known = unlocked[record.generation] { return known }
    let passphrase = try passphrase ?? source.read()
    let authority = try folder.unlock(record, passphrase: passphrase)
    self.passphrase = passphrase
    unlocked[record.generation] = authority
    return authority
  }

  /// Brings the folder to where a rotation starts.
  func startRotation(_ policy: AuthorityPolicy, now: Timestamp) throws -> [AuthorityRecord] {
    let passphrase = try passphrase ?? source.read()
    let records = try folder.startRotation(
      policy, passphrase: passphrase, now: now.secondsSince1970)
    self.passphrase = passphrase
    return records
  }

  /// What signed a generation; nil where it signed itself.
  func root(above authority: CertificateAuthority) throws -> CertificateAuthority? {
    guard !authority.isRoot else { return nil }
    return try folder.unlockRoot(passphrase: passphrase ?? source.read())
  }
}
