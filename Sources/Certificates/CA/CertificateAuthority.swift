internal import COpenSSL

/// The files of a CA: its certificate and its encrypted key.
package struct CAFiles: Hashable, Sendable {
  package let certificatePEM: String
  /// PKCS#8 under PBES2; safe to store, useless without the passphrase.
  package let encryptedKeyPEM: String

  package init(certificatePEM: String, encryptedKeyPEM: String) {
    self.certificatePEM = certificatePEM
    self.encryptedKeyPEM = encryptedKeyPEM
  }
}

/// A certificate for a host, with its key.
package struct IssuedLeaf: Sendable {
  package let certificatePEM: String
  /// Unencrypted PKCS#8, made in memory.
  package let privateKeyPEM: Secret
  package let facts: CertificateFacts
}

/// An unlocked CA: signs the certificates of hosts, from any number of tasks at once.
package struct CertificateAuthority: Sendable {
  package let facts: CertificateFacts
  let certificate: Certificate
  /// The CAs above it, each the issuer of the one before; empty if it is self-signed.
  let issuers: [Certificate]
  let key: PrivateKey

  /// Whether it is self-signed.
  package var isRoot: Bool { issuers.isEmpty }

  /// When the first of its certificate and those of its issuers expires, in seconds since 1970.
  private let end: Int64

  /// Creates a key and its certificate.
  /// - Parameters:
  ///   - root: the CA that signs it; nil for a self-signed CA. The certificate ends no later than the root.
  ///   - now: seconds since 1970.
  package static func create(
    _ request: CARequest, below root: CertificateAuthority? = nil, passphrase: Secret,
    now: Int64
  ) throws(CertificateError) -> CAFiles {
    let operation = Operation("create", "the CA \(request.commonName.debugDescription)")
    try operation.require(!passphrase.isEmpty, .requestRefused, "the passphrase is empty")
    try request.validate(operation)
    let key = try PrivateKey.generate(request.key)
    return CAFiles(
      certificatePEM: try certify(request, key, below: root, now: now, operation),
      encryptedKeyPEM: try EncryptedPrivateKey.seal(key, passphrase: passphrase))
  }

  /// Creates a self-signed CA whose key is only in memory, so that no time is spent on encrypting it.
  package static func temporary(
    _ request: CARequest, now: Int64
  ) throws(CertificateError) -> CertificateAuthority {
    let operation = Operation("create", "the CA \(request.commonName.debugDescription)")
    try request.validate(operation)
    let key = try PrivateKey.generate(request.key)
    let pem = try certify(request, key, below: nil, now: now, operation)
    let certificate = try Certificate.readAll(pem, named: "the CA's certificate")[0]
    return CertificateAuthority(
      facts: try CertificateFacts(of: certificate), certificate: certificate, issuers: [], key: key)
  }

  /// Creates the certificate of an existing key: of a CA whose creation was interrupted,
  /// or whose certificate is lost. With the same request it gets the name and the key identifier
  /// of the lost one, so that the certificates that one signed can still be verified.
  package static func complete(
    _ request: CARequest, below root: CertificateAuthority? = nil, encryptedKeyPEM: String,
    passphrase: Secret, now: Int64
  ) throws(CertificateError) -> CAFiles {
    let key = try EncryptedPrivateKey.open(encryptedKeyPEM, passphrase: passphrase)
    let operation = Operation("create", "the CA \(request.commonName.debugDescription)")
    try request.validate(operation)
    return CAFiles(
      certificatePEM: try certify(request, key, below: root, now: now, operation),
      encryptedKeyPEM: encryptedKeyPEM)
  }

  /// The certificate, and those of the CAs above it.
  private static func certify(
    _ request: CARequest, _ key: PrivateKey, below root: CertificateAuthority?, now: Int64,
    _ operation: Operation
  ) throws(CertificateError) -> String {
    let validity = try Validity(now: now, validFor: request.validFor, for: operation)
    let builder = try CertificateBuilder.start(key: key, for: operation)
    try builder.setRandomSerial(lowestBit: nil)
    try builder.setValidity(
      notBefore: validity.notBefore,
      notAfter: min(validity.notAfter, root?.facts.notAfter ?? validity.notAfter))
    try builder.setSubject([
      (NID_countryName, request.country), (NID_stateOrProvinceName, request.state),
      (NID_localityName, request.locality), (NID_organizationName, request.organization),
      (NID_organizationalUnitName, request.organizationalUnit),
      (NID_commonName, request.commonName),
    ])
    try builder.setIssuer(root?.certificate)
    try builder.addExtension(
      NID_basic_constraints,
      request.isRoot ? "critical,CA:TRUE,pathlen:1" : "critical,CA:TRUE,pathlen:0")
    try builder.addExtension(NID_key_usage, "critical,keyCertSign,cRLSign")
    try builder.addExtension(NID_subject_key_identifier, "hash")
    if let root {
      try builder.addExtension(
        NID_authority_key_identifier, "keyid:always", issuer: root.certificate)
    }
    return try builder.sign(with: root?.key ?? key).pem + (root?.certificatePEM() ?? "")
  }

  /// Opens the CA's files with its passphrase. Takes more than 0.1 s, by design of the key's encryption.
  package static func unlock(
    _ files: CAFiles, passphrase: Secret
  ) throws(CertificateError) -> CertificateAuthority {
    let chain = try Certificate.readAll(
      files.certificatePEM, named: "the CA's certificate")
    let (certificate, issuers) = (chain[0], Array(chain.dropFirst()))
    let facts = try CertificateFacts(of: certificate)
    let operation = Operation("unlock", "the CA \(facts.commonName.debugDescription)")
    try operation.require(
      facts.isCA && (!issuers.isEmpty || facts.commonName == facts.issuerCommonName),
      .notACA,
      "its certificate is not that of a self-signed CA, and the certificate of its issuer is missing"
    )
    for (issued, issuer) in zip(chain, issuers + [chain[chain.count - 1]]) {
      try operation.require(
        issued.isIssued(by: issuer), .damagedCertificate,
        issuers.isEmpty
          ? "its own signature on its certificate is not valid; restore it from a backup"
          : "its certificates do not form a chain to a self-signed one;"
            + " restore them from a backup")
    }
    let key = try EncryptedPrivateKey.open(files.encryptedKeyPEM, passphrase: passphrase)
    try operation.require(
      certificate.matches(key), .keyMismatch, "its key belongs to another certificate")
    try operation.require(
      key.isConsistent(), .damagedKey, "the private half of its key does not match the public half")
    try operation.require(
      key.securityBits >= minimumSecurityBits, .weakKey,
      "its key is too weak: \(key.securityBits) bits of security, \(minimumSecurityBits) are needed"
    )
    return CertificateAuthority(
      facts: facts, certificate: certificate, issuers: issuers, key: key)
  }

  init(
    facts: CertificateFacts, certificate: Certificate, issuers: [Certificate], key: PrivateKey
  ) {
    self.facts = facts
    self.certificate = certificate
    self.issuers = issuers
    self.key = key
    end = issuers.reduce(facts.notAfter) { end, issuer in
      min(end, (try? CertificateFacts(of: issuer))?.notAfter ?? end)
    }
  }

  /// The PEM of its certificate, and of those of the CAs above it.
  package func certificatePEM() throws(CertificateError) -> String {
    var text = try certificate.pem()
    for issuer in issuers { text += try issuer.pem() }
    return text
  }

  /// Creates a key and a certificate for one host. The certificate starts an hour early, for hosts
  /// whose clocks are late, and ends with the CA at the latest.
  /// - Parameter now: seconds since 1970.
  package func issue(
    _ request: LeafRequest, now: Int64
  ) throws(CertificateError) -> IssuedLeaf {
    let operation = Operation("issue", "a certificate for \(request.commonName.debugDescription)")
    try request.validate(operation)
    try operation.require(
      now >= facts.notBefore, .notYetValid,
      "the CA \(facts.commonName.debugDescription) is not yet valid; check the clock of the controller"
    )
    try operation.require(
      now < facts.notAfter, .expired,
      "the CA \(facts.commonName.debugDescription) has expired; rotate it")
    let validity = try Validity(now: now, validFor: request.validFor, for: operation)
    let leafKey = try PrivateKey.generate(request.key)

    let builder = try CertificateBuilder.start(key: leafKey, for: operation)
    try builder.setRandomSerial(lowestBit: request.role.serialParity)
    try builder.setValidity(
      notBefore: validity.notBefore, notAfter: min(validity.notAfter, end))
    try builder.setSubject([(NID_commonName, request.commonName)])
    try builder.setIssuer(certificate)
    try builder.addExtension(NID_basic_constraints, "critical,CA:FALSE")
    // No keyEncipherment: TLS 1.3 and ECDHE only ever sign.
    try builder.addExtension(NID_key_usage, "critical,digitalSignature")
    try builder.addExtendedKeyUsage(of: request.role)
    try builder.addAlternativeNames(request.dnsNames)
    try builder.addExtension(NID_subject_key_identifier, "hash")
    // Without the issuer's serial, which would tie the certificate to one of the CA's renewals.
    try builder.addExtension(
      NID_authority_key_identifier, "keyid:always", issuer: certificate)
    let signed = try builder.sign(with: key)
    return IssuedLeaf(
      certificatePEM: signed.pem, privateKeyPEM: try leafKey.pem(),
      facts: try CertificateFacts(of: signed.certificate))
  }
}

/// The requirement of OpenSSL's security level 2, Debian's default: RSA 2048, ECDSA 224.
let minimumSecurityBits: Int32 = 112

/// A period of validity, in seconds since 1970.
struct Validity {
  let notBefore: Int64
  let notAfter: Int64

  /// The last second of the year 9999, beyond which X.509 has no dates (RFC 5280, 4.1.2.5).
  private static let latest: Int64 = 253_402_300_799
  private static let backdating: Int64 = 3600

  init(now: Int64, validFor: Int64, for operation: Operation) throws(CertificateError) {
    let (end, overflow) = now.addingReportingOverflow(validFor)
    try operation.require(
      now >= Self.backdating && validFor > 0 && !overflow && end <= Self.latest, .requestRefused,
      "a validity of \(validFor) seconds from \(now) on is not between 1970 and 9999")
    notBefore = now - Self.backdating
    notAfter = end
  }
}
