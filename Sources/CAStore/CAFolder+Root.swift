import Certificates
import Files
import Fleet
import FoundationEssentials
import Inventories
package import State

/// A CA above the generations, whose key is kept elsewhere once it has signed.
///
///     root.crt  its certificate, which stands behind that of each generation that it has signed
///     root.key  its key, encrypted; needed to make and to renew a generation, and for nothing else
///     root.crl  its revocation list: nginx asks for one of every CA in a chain
extension CAFolder {
  var rootCertificatePath: String { "\(path)/root.crt" }
  package var rootKeyPath: String { "\(path)/root.key" }
  var rootRevocationListPath: String { "\(path)/root.crl" }

  var hasRoot: Bool { FileManager.default.fileExists(atPath: rootCertificatePath) }
  package var hasRootKey: Bool { FileManager.default.fileExists(atPath: rootKeyPath) }

  /// The root that the policy wants above a new generation; made where there was none, and finished
  /// where its making was cut off. Nil where the policy wants none.
  func root(
    _ policy: CAPolicy, passphrase: Secret, now: Int64
  ) throws -> CertificateAuthority? {
    guard let wanted = policy.root else { return nil }
    if !hasRoot { try makeRoot(wanted, policy.subject, passphrase: passphrase, now: now) }
    let root = try unlockRoot(passphrase: passphrase)
    guard root.facts.commonName == wanted.name.text else {
      throw CAStoreError(
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
      throw CAStoreError(
        "\(rootKeyPath) is not there, and only the root's key can sign a CA below it: put it"
          + " back for this, and take it away again afterwards")
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

  /// The list of the root, if a generation is below one: with lists of some CAs of a chain and not of all,
  /// nginx refuses every client. An adopted intermediate brings none, for `deploy` made no root above it.
  func rootRevocationList(above records: [CAGeneration], now: Int64) throws -> RevocationList? {
    guard let record = try records.first(where: { try certificates(of: $0).facts.count > 1 }) else {
      return nil
    }
    let chain = try certificates(of: record)
    let names = chain.facts.dropFirst().map { "\"\($0.commonName)\"" }
    let replacement =
      ", or replace generation \(record.generation) with a CA of deploy's own: \"deploy rotate ca\""
    guard names.count == 1 else {
      throw CAStoreError(
        "generation \(record.generation) is below several CAs (\(names.joined(separator: ", "))): back-ends"
          + " need a revocation list of each, and deploy takes one. Make \(certificatePath(record.generation))"
          + " end with the first CA above it if that one is self-signed\(replacement)")
    }
    let remedy = "Save a revocation list of \(names[0]) there, in PEM\(replacement)"
    guard FileManager.default.fileExists(atPath: rootRevocationListPath) else {
      throw CAStoreError(
        "\(rootRevocationListPath) is missing: back-ends need a revocation list of \(names[0]), which"
          + " signed generation \(record.generation), as soon as anything is revoked. \(remedy)")
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

  /// That the list of a root that is not `deploy`'s own has to be replaced from time to time.
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
          + " before, and apply, or back-ends refuse every front-end from then on"
      ]
    } catch let failure as CAStoreError {
      return [failure.message]
    }
  }
}
