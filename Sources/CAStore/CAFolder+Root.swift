import Certificates
import Files
import Fleet
import Inventories
import State

/// The optional root CA, which signs the generations and whose key is kept offline.
///
///     root.crt  its certificate, which follows that of each generation in `ca-N.crt`
///     root.key  its key, encrypted; needed only to create and to renew a generation
///     root.crl  its revocation list, because nginx needs one from every CA in a chain
extension CAFolder {
  var rootCertificatePath: String { "\(path)/root.crt" }
  package var rootKeyPath: String { "\(path)/root.key" }
  var rootRevocationListPath: String { "\(path)/root.crl" }

  var hasRoot: Bool { get throws { try storage.exists(rootCertificatePath) } }
  package var hasRootKey: Bool { get throws { try storage.exists(rootKeyPath) } }

  /// The root CA that the policy declares, created if there is none, or completed if its creation was interrupted.
  /// Nil if the policy declares none.
  func root(
    _ policy: CAPolicy, passphrase: Secret, now: Int64
  ) throws -> CertificateAuthority? {
    guard let wanted = policy.root else { return nil }
    if try !hasRoot { try makeRoot(wanted, policy.subject, passphrase: passphrase, now: now) }
    let root = try unlockRoot(passphrase: passphrase)
    guard root.facts.commonName == wanted.name.text else {
      throw CAStoreError(
        "\(rootCertificatePath) is the root \"\(root.facts.commonName)\", but the inventory declares"
          + " \"\(wanted.name)\". A root cannot be renamed: to create another one, move root.* away"
      )
    }
    if try !storage.exists(rootRevocationListPath) {
      try storage.create(
        rootRevocationListPath, text: root.revocationList(of: [], now: now).pem, for: .everyone)
    }
    return root
  }

  /// Decrypts the root's key, so that it can sign.
  func unlockRoot(passphrase: Secret) throws -> CertificateAuthority {
    guard try hasRootKey else {
      throw CAStoreError(
        "\(rootKeyPath) is missing, and only the root's key can sign a CA: copy it back for this command,"
          + " and move it away again afterwards")
    }
    let certificate = String(
      decoding: try storage.read(rootCertificatePath, as: .ca), as: UTF8.self)
    let key = try encryptedKey(rootKeyPath)
    return try naming(rootKeyPath) {
      try CertificateAuthority.unlock(
        CAFiles(certificatePEM: certificate, encryptedKeyPEM: key), passphrase: passphrase)
    }
  }

  /// Stops if the root of a generation is not the one that `deploy` created: only its owner can sign a renewed
  /// certificate.
  func refuseForeignRoot(of ca: CertificateAuthority) throws {
    let chain = try CertificateFacts.readAll(pem: ca.certificatePEM())
    let own = try storage.readIfPresent(rootCertificatePath, as: .ca)
    let root = try own.map {
      try CertificateFacts.readAll(
        pem: String(decoding: $0, as: UTF8.self), named: rootCertificatePath)
    }
    guard chain.count > 1, root?.first?.fingerprint != chain[1].fingerprint else { return }
    let generation = try records().first { $0.keyIdentifier == ca.facts.subjectKeyIdentifier }
    let key = generation.map { keyPath($0.generation) } ?? "FILE"
    throw CAStoreError(
      "\"\(ca.facts.commonName)\" was imported, and its root \"\(chain[1].commonName)\" has to sign a renewed"
        + " certificate of the same key and name. Import that with\n    deploy ca import --certificate FILE"
        + " --key \(key) --chain FILE --crl FILE --inventory \(inventoryPath)")
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
    if try hasRootKey {
      let key = try encryptedKey(rootKeyPath)
      files = try naming(rootKeyPath) {
        try CertificateAuthority.complete(
          request, encryptedKeyPEM: key, passphrase: passphrase, now: now)
      }
    } else {
      files = try CertificateAuthority.create(request, passphrase: passphrase, now: now)
      try storage.create(rootKeyPath, text: files.encryptedKeyPEM, for: .ownerAlone)
    }
    try storage.create(rootCertificatePath, text: files.certificatePEM, for: .everyone)
  }
}
