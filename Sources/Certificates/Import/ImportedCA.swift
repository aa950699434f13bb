/// A CA that another program created, with its key: checked, but not stored yet.
package struct ImportedCA: Sendable {
  /// The unlocked CA, which can sign.
  package let ca: CertificateAuthority
  /// Its certificate and, unless it is self-signed, that of its root, encoded again.
  package let certificatePEM: String
  /// The contents of the root's certificate; nil if the CA is self-signed.
  package let root: CertificateFacts?

  package var facts: CertificateFacts { ca.facts }

  /// Finds the certificate of the key, then its issuer, and checks both.
  ///
  /// - Parameters:
  ///   - certificates: the CA's certificate, which others may accompany in any order.
  ///   - chain: certificates among which its issuer is looked for as well.
  ///   - now: seconds since 1970.
  package init(
    _ certificates: CertificateBundle, chain: [CertificateBundle], key: ForeignKey, now: Int64
  ) throws(CertificateError) {
    // Each starts by emptying OpenSSL's queue: comparing certificates leaves errors in it.
    func operation() -> Operation { Operation("import", "the CA in \(certificates.name)") }
    guard let own = certificates.certificates.filter({ $0.matches(key.key) }).preferred(at: now)
    else {
      throw operation().failure(
        .keyMismatch,
        "\(key.name) is the key of another certificate; name the certificate and the key of one CA")
    }
    try Self.check(key, operation())
    try own.requireCA(at: now, operation())
    let issuers = try Self.issuers(
      of: own, among: certificates.certificates + chain.flatMap(\.certificates), at: now,
      operation)
    let facts = try CertificateFacts(of: own)
    let operation = operation()
    for certificate in issuers { try certificate.requireCA(at: now, operation) }
    try operation.require(
      !facts.commonName.isEmpty, .requestRefused,
      "its certificate has no common name, by which deploy and its messages know a CA")
    try operation.require(
      facts.subjectKeyIdentifier != nil, .requestRefused,
      "its certificate has no subject key identifier, by which deploy knows the issuer of a certificate."
        + " Issue its certificate again with the extension subjectKeyIdentifier")
    try operation.require(
      issuers.first?.pathLength != 0, .notACA,
      "the path length of its root allows no CA below it (pathlen:0), so hosts would refuse its certificates"
    )
    ca = CertificateAuthority(facts: facts, certificate: own, issuers: issuers, key: key.key)
    certificatePEM = try ca.certificatePEM()
    root = try issuers.first.map { issuer throws(CertificateError) in
      try CertificateFacts(of: issuer)
    }
  }

  private static func check(_ key: ForeignKey, _ operation: Operation) throws(CertificateError) {
    try operation.require(
      key.key.isOfUsualKind, .weakKey,
      "\(key.name) is neither an RSA key nor one of an elliptic curve")
    try operation.require(
      key.key.isConsistent(), .damagedKey,
      "the private half of \(key.name) does not match the public half")
    try operation.require(
      key.key.securityBits >= minimumSecurityBits, .weakKey,
      "its key is too weak: \(key.key.securityBits) bits of security, \(minimumSecurityBits) are needed"
    )
  }

  /// The CAs above a certificate up to a self-signed one: none or one.
  private static func issuers(
    of own: Certificate, among all: [Certificate], at now: Int64, _ operation: () -> Operation
  ) throws(CertificateError) -> [Certificate] {
    var issuers: [Certificate] = []
    var last = own
    while !last.isIssued(by: last) {
      guard issuers.count < all.count,
        let issuer = all.filter({ last.isIssued(by: $0) }).preferred(at: now)
      else {
        throw operation().failure(
          .chainNotVerified,
          "the certificate of its issuer \(last.issuerName.debugDescription) is missing: add it with --chain."
            + " nginx accepts a chain only up to its self-signed root")
      }
      issuers.append(issuer)
      last = issuer
    }
    let names = issuers.map(\.subjectName.debugDescription).joined(separator: ", ")
    try operation().require(
      issuers.count <= 1, .chainNotVerified,
      "there are \(issuers.count) CAs above it (\(names)), and deploy supports one: import the CA directly"
        + " below the root, or let the root sign another CA for this fleet")
    return issuers
  }
}

extension ImportedCA {
  /// The key, encrypted as `deploy` stores keys. Takes more than 0.1 s, by design of the encryption.
  package func encryptedKeyPEM(passphrase: Secret) throws(CertificateError) -> String {
    let operation = Operation("encrypt", "the CA's key")
    try operation.require(!passphrase.isEmpty, .requestRefused, "the passphrase is empty")
    return try EncryptedPrivateKey.seal(ca.key, passphrase: passphrase)
  }

  /// Whether a certificate, of an earlier import, is of the same key and name.
  package func isSameCA(as pem: String) -> Bool {
    guard let other = try? Certificate.readAll(pem, named: "the CA's certificate")[0] else {
      return false
    }
    return other.matches(ca.key) && other.hasSubject(of: ca.certificate)
  }

  /// Whether the root above this CA has the key or the subject of a certificate.
  package func hasRoot(_ pem: String) -> Bool {
    guard let root = ca.issuers.first,
      let other = try? Certificate.readAll(pem, named: "the CA's certificate")[0]
    else { return false }
    return other.hasKey(of: root) || other.hasSubject(of: root)
  }

  /// The empty list that the root of this CA signs with its key; it is valid as long as the root.
  ///
  /// - Parameter key: the key of the root.
  package func emptyRootList(
    signedWith key: ForeignKey, now: Int64
  ) throws(CertificateError) -> RevocationList {
    let operation = Operation("sign", "a revocation list with \(key.name)")
    guard let root, let issuer = ca.issuers.first else {
      throw operation.failure(
        .requestRefused,
        "the CA \(facts.commonName.debugDescription) is self-signed and has no root")
    }
    try operation.require(
      issuer.matches(key.key), .keyMismatch,
      "it is not the key of the root \(root.commonName.debugDescription)")
    return try CertificateAuthority(facts: root, certificate: issuer, issuers: [], key: key.key)
      .revocationList(of: [], now: now)
  }

  /// The PEM of the root's certificate alone; nil if the CA is self-signed.
  package func rootPEM() throws(CertificateError) -> String? {
    try ca.issuers.first?.pem()
  }

  /// Signs a trial certificate for each role and verifies it as hosts do, so that name constraints, key
  /// usages, weak signatures and expired lists are found before any host depends on the CA.
  ///
  /// - Parameters:
  ///   - names: the DNS names of each role. A role without names is tried with a name that no host has, to which
  ///     name constraints of the CA do not apply.
  ///   - lists: the revocation lists that hosts get; empty if they get none.
  ///   - now: seconds since 1970.
  package func tryOut(
    names: [CertificateRole: [String]], lists: [RevocationList], now: Int64
  ) throws(CertificateError) {
    let bundle = try CertificateBundle(pem: certificatePEM, named: "the CA")
    for role in CertificateRole.allCases {
      let known = names[role] ?? []
      let leaf = try ca.issue(
        LeafRequest(
          role: role, commonName: "trial", dnsNames: known.isEmpty ? ["trial.invalid"] : known,
          key: .ecdsaP256, validFor: 86_400),
        now: now)
      do throws(CertificateError) {
        try bundle.verify(
          leafPEM: leaf.certificatePEM, as: role, name: nil, at: now, lists: lists.map(\.pem))
      } catch {
        if known.isEmpty, error.verification?.isNameConstraint == true { continue }
        throw CertificateError(
          code: error.code, action: "import", object: "the CA \(facts.commonName.debugDescription)",
          reason: "hosts would refuse the \(role.rawValue) certificates that it signs",
          verification: error.verification, libraryMessages: error.libraryMessages)
      }
    }
  }
}
