import Certificates
import Files
import Fleet
import FoundationEssentials
import Inventories
package import State

/// The optional root CA, which signs the generations and whose key is kept offline.
///
///     root.crt  its certificate, which follows that of each generation in `ca-N.crt`
///     root.key  its key, encrypted; needed only to create and to renew a generation
///     root.crl  its revocation list, because nginx needs one from every CA in a chain
extension CAFolder {
  var rootCertificatePath: String { "\(path)/root.crt" }
  package var rootKeyPath: String { "\(path)/root.key" }
  var rootRevocationListPath: String { "\(path)/root.crl" }

  var hasRoot: Bool { FileManager.default.fileExists(atPath: rootCertificatePath) }
  package var hasRootKey: Bool { FileManager.default.fileExists(atPath: rootKeyPath) }

  /// The root CA that the policy declares, created if there is none, or completed if its creation was interrupted.
  /// Nil if the policy declares none.
  func root(
    _ policy: CAPolicy, passphrase: Secret, now: Int64
  ) throws -> CertificateAuthority? {
    guard let wanted = policy.root else { return nil }
    if !hasRoot { try makeRoot(wanted, policy.subject, passphrase: passphrase, now: now) }
    let root = try unlockRoot(passphrase: passphrase)
    guard root.facts.commonName == wanted.name.text else {
      throw CAStoreError(
        "\(rootCertificatePath) is the root \"\(root.facts.commonName)\", but the inventory declares"
          + " \"\(wanted.name)\". A root cannot be renamed: to create another one, move root.* away"
      )
    }
    if !FileManager.default.fileExists(atPath: rootRevocationListPath) {
      try FileWriter.create(
        rootRevocationListPath, text: root.revocationList(of: [], now: now).pem, for: .everyone)
    }
    return root
  }

  /// Decrypts the root's key, so that it can sign.
  func unlockRoot(passphrase: Secret) throws -> CertificateAuthority {
    guard hasRootKey else {
      throw CAStoreError(
        "\(rootKeyPath) is missing, and only the root's key can sign a CA: copy it back for this command,"
          + " and move it away again afterwards")
    }
    let certificate = String(
      decoding: try FileReader.read(rootCertificatePath, as: .ca), as: UTF8.self)
    let key = try encryptedKey(rootKeyPath)
    return try naming(rootKeyPath) {
      try CertificateAuthority.unlock(
        CAFiles(certificatePEM: certificate, encryptedKeyPEM: key), passphrase: passphrase)
    }
  }

  private func makeRoot(
    _ root: RootPolicy, _ subject: SubjectFields, passphrase: Secret, now: Int64
  ) throws {
    guard let key = KeyAlgorithm(rawValue: root.key.rawValue) else {
      preconditionFailure("A key kind has no algorithm. This is a bug in deploy.")
    }
    let request = CARequest(
      commonName: root.name.text, country: subject.country, organization: subject.organization,
      organizationalUnit: subject.organizationalUnit, locality: subject.locality,
      state: subject.state, key: key, validFor: root.validFor.seconds, isRoot: true)
    let files: CAFiles
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

  /// The revocation list of the root, if a generation has one: if nginx has lists of only some CAs of a chain, it
  /// refuses every client. For an imported intermediate CA, the user has to provide the list.
  func rootRevocationList(above records: [CAGeneration], now: Int64) throws -> RevocationList? {
    guard let record = try records.first(where: { try certificates(of: $0).facts.count > 1 }) else {
      return nil
    }
    let chain = try certificates(of: record)
    let names = chain.facts.dropFirst().map { "\"\($0.commonName)\"" }
    let replacement =
      ", or replace generation \(record.generation) with a CA that deploy creates: \"deploy rotate ca\""
    guard names.count == 1 else {
      throw CAStoreError(
        "generation \(record.generation) has several CAs above it (\(names.joined(separator: ", ")))."
          + " Back-ends need a revocation list from each, but deploy supports one. If the first of them is"
          + " self-signed, remove the others from \(certificatePath(record.generation))\(replacement)"
      )
    }
    let remedy = "Save a current revocation list of \(names[0]) there, in PEM form\(replacement)"
    guard FileManager.default.fileExists(atPath: rootRevocationListPath) else {
      throw CAStoreError(
        "\(rootRevocationListPath) is missing. As soon as anything is revoked, back-ends need a revocation list"
          + " of \(names[0]), which signed generation \(record.generation). \(remedy)")
    }
    let list = try RevocationList(
      pem: String(
        decoding: try FileReader.read(rootRevocationListPath, as: .ca), as: UTF8.self),
      signedBy: try chain.canonicalPEM()[1], named: rootRevocationListPath)
    guard list.nextUpdate > now else {
      let end = Timestamp(secondsSince1970: list.nextUpdate).date
      throw CAStoreError(
        "\(rootRevocationListPath) expired on \(end): back-ends would refuse every front-end. \(remedy)"
      )
    }
    return list
  }

  private func certificates(of record: CAGeneration) throws -> CertificateBundle {
    try CertificateBundle(
      pem: record.certificate, named: "the certificate of generation \(record.generation)")
  }

  /// A warning if the revocation list of the root expires before the generations do, so that the user has to
  /// replace it in time.
  package func rootRevocationListFindings(above records: [CAGeneration], now: Int64) throws
    -> [String]
  {
    guard FileManager.default.fileExists(atPath: rootRevocationListPath) else { return [] }
    do {
      guard let list = try rootRevocationList(above: records, now: now),
        let end = records.map(\.notAfter.secondsSince1970).min(), list.nextUpdate < end
      else { return [] }
      return [
        "\(rootRevocationListPath) expires on \(Timestamp(secondsSince1970: list.nextUpdate).date): replace it"
          + " and run \"deploy apply\" before, or back-ends will refuse every front-end"
      ]
    } catch let failure as CAStoreError {
      return [failure.message]
    }
  }
}
