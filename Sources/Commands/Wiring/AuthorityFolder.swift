import Certificates
import Foundation
import Inventories
import State

/// The authority's files: for each generation a certificate and an encrypted key.
struct AuthorityFolder {
  let path: String

  func certificatePath(_ generation: Int) -> String { "\(path)/authority-\(generation).crt" }
  func keyPath(_ generation: Int) -> String { "\(path)/authority-\(generation).key" }

  /// The generations that are there, oldest first.
  func generations() throws -> [AuthorityRecord] {
    guard FileManager.default.fileExists(atPath: path) else { return [] }
    let names: [String]
    do {
      names = try FileManager.default.contentsOfDirectory(atPath: path)
    } catch {
      throw Failure(.failed, "\(path) cannot be read: \(error.reason)")
    }
    return try names.compactMap { name in
      guard name.hasPrefix("authority-"), name.hasSuffix(".crt") else { return nil }
      return Int(name.dropFirst(10).dropLast(4))
    }.sorted().map(record)
  }

  private func record(_ generation: Int) throws -> AuthorityRecord {
    let path = certificatePath(generation)
    let pem = String(decoding: try Workspace.contents(of: path), as: UTF8.self)
    let facts = try CertificateFacts.read(pem: pem, named: path)
    guard facts.isAuthority, let identifier = facts.subjectKeyIdentifier else {
      throw Failure(.failed, "\(path) is not the certificate of an authority")
    }
    return AuthorityRecord(
      generation: generation, commonName: facts.commonName, keyIdentifier: identifier,
      fingerprint: facts.fingerprint, notBefore: Timestamp(secondsSince1970: facts.notBefore),
      notAfter: Timestamp(secondsSince1970: facts.notAfter), certificate: pem)
  }

  func refuseSecond() throws {
    guard let existing = try generations().last else { return }
    throw Failure(
      .failed,
      "there is an authority already: \(certificatePath(existing.generation))"
        + " (\"\(existing.commonName)\")")
  }

  /// Makes the first generation.
  func create(_ policy: AuthorityPolicy, passphrase: Secret, now: Int64) throws -> AuthorityRecord {
    let subject = policy.subject
    guard let key = KeyAlgorithm(rawValue: policy.key.rawValue) else {
      preconditionFailure("A key kind has no algorithm. This is a bug in deploy.")
    }
    let files = try CertificateAuthority.create(
      AuthorityRequest(
        commonName: policy.name.text, country: subject.country,
        organization: subject.organization, organizationalUnit: subject.organizationalUnit,
        locality: subject.locality, state: subject.state, key: key,
        validFor: policy.validFor.seconds),
      passphrase: passphrase, now: now)
    do {
      try FileManager.default.createDirectory(
        atPath: path, withIntermediateDirectories: true,
        attributes: [.posixPermissions: 0o700])
      // The key first: a certificate without its key would look like an authority.
      try PrivateFile.create(keyPath(1), contents: files.encryptedKeyPEM, mode: 0o600)
      try PrivateFile.create(certificatePath(1), contents: files.certificatePEM, mode: 0o644)
    } catch let failure as Failure {
      throw failure
    } catch {
      throw Failure(.failed, "\(path) cannot be made: \(error.reason)")
    }
    return try record(1)
  }

  /// Unlocks the generation that signs.
  func unlock(_ record: AuthorityRecord, passphrase: Secret) throws -> CertificateAuthority {
    let path = keyPath(record.generation)
    try PrivateFile.checkIsPrivate(path)
    let key = String(decoding: try Workspace.contents(of: path), as: UTF8.self)
    return try CertificateAuthority.unlock(
      AuthorityFiles(certificatePEM: record.certificate, encryptedKeyPEM: key),
      passphrase: passphrase)
  }
}
