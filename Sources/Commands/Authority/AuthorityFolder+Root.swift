import Certificates
import Files
import Foundation
import Inventories
import State

/// An authority above the generations, whose key is kept elsewhere once it has signed.
///
///     root.crt  its certificate, which stands behind that of each generation that it has signed
///     root.key  its key, encrypted; needed to make and to renew a generation, and for nothing else
///     root.crl  its revocation list: nginx asks for one of every authority in a chain
extension AuthorityFolder {
  var rootCertificatePath: String { "\(path)/root.crt" }
  var rootKeyPath: String { "\(path)/root.key" }
  var rootRevocationListPath: String { "\(path)/root.crl" }

  var hasRoot: Bool { FileManager.default.fileExists(atPath: rootCertificatePath) }
  var hasRootKey: Bool { FileManager.default.fileExists(atPath: rootKeyPath) }

  /// The root that the policy wants above a new generation; made where there was none, and finished
  /// where its making was cut off. Nil where the policy wants none.
  func root(
    _ policy: AuthorityPolicy, passphrase: Secret, now: Int64
  ) throws -> CertificateAuthority? {
    guard let wanted = policy.root else { return nil }
    if !hasRoot { try makeRoot(wanted, policy.subject, passphrase: passphrase, now: now) }
    let root = try unlockRoot(passphrase: passphrase)
    guard root.facts.commonName == wanted.name.text else {
      throw Failure(
        .failed,
        "\(rootCertificatePath) is the root \"\(root.facts.commonName)\", and the inventory wants"
          + " \"\(wanted.name)\": a root keeps its name; to have another one, move the root's files away"
      )
    }
    if !FileManager.default.fileExists(atPath: rootRevocationListPath) {
      try FileWriter.create(
        rootRevocationListPath, text: root.revocationList(of: [], now: now).pem, for: .everyone)
    }
    return root
  }

  func unlockRoot(passphrase: Secret) throws -> CertificateAuthority {
    guard hasRootKey else {
      throw Failure(
        .failed,
        "\(rootKeyPath) is not there, and only the root's key can sign an authority below it: put it"
          + " back for this, and take it away again afterwards")
    }
    let certificate = String(
      decoding: try FileReader.read(rootCertificatePath, as: .authority), as: UTF8.self)
    let key = try encryptedKey(rootKeyPath)
    return try naming(rootKeyPath) {
      try CertificateAuthority.unlock(
        AuthorityFiles(certificatePEM: certificate, encryptedKeyPEM: key), passphrase: passphrase)
    }
  }

  private func makeRoot(
    _ root: RootPolicy, _ subject: SubjectFields, passphrase: Secret, now: Int64
  ) throws {
    guard let key = KeyAlgorithm(rawValue: root.key.rawValue) else {
      preconditionFailure("A key kind has no algorithm. This is a bug in deploy.")
    }
    let request = AuthorityRequest(
      commonName: root.name.text, country: subject.country, organization: subject.organization,
      organizationalUnit: subject.organizationalUnit, locality: subject.locality,
      state: subject.state, key: key, validFor: root.validFor.seconds, isRoot: true)
    let files: AuthorityFiles
    if hasRootKey {
      let key = try encryptedKey(rootKeyPath)
      files = try naming(rootKeyPath) {
        try CertificateAuthority.complete(
          request, encryptedKeyPEM: key, passphrase: passphrase, now: now)
      }
    } else {
      files = try CertificateAuthority.create(request, passphrase: passphrase, now: now)
      try FileWriter.create(rootKeyPath, text: files.encryptedKeyPEM, for: .ownerAlone)
    }
    try FileWriter.create(rootCertificatePath, text: files.certificatePEM, for: .everyone)
  }

  /// The list of the root, where a generation is below one.
  func rootRevocationList(above records: [AuthorityRecord]) throws -> RevocationList? {
    guard
      try records.contains(where: {
        try CertificateFacts.readAll(pem: $0.certificate).count > 1
      })
    else { return nil }
    let paths = [rootRevocationListPath, rootCertificatePath]
    let texts = try paths.map {
      String(decoding: try FileReader.read($0, as: .authority), as: UTF8.self)
    }
    return try RevocationList(pem: texts[0], signedBy: texts[1], named: rootRevocationListPath)
  }
}
