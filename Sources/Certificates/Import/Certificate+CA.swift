internal import COpenSSL

/// What a CA's certificate says about itself, for CAs that another program created.
extension Certificate {
  /// Stops unless this certificate may sign others, and is valid now.
  func requireCA(at now: Int64, _ operation: Operation) throws(CertificateError) {
    defer { withExtendedLifetime(self) {} }
    let name = subjectName.debugDescription
    let flags = X509_get_extension_flags(pointer)
    try operation.require(
      flags & UInt32(EXFLAG_INVALID) == 0, .damagedCertificate,
      "the extensions of \(name) are damaged")
    try operation.require(
      flags & UInt32(EXFLAG_V1) == 0, .notACA,
      "\(name) is a certificate of version 1, without the extensions of a CA. Issue it again with"
        + " basicConstraints = critical,CA:TRUE")
    try operation.require(
      flags & UInt32(EXFLAG_CA) != 0, .notACA,
      "\(name) is not the certificate of a CA (basicConstraints is not CA:TRUE)")
    let usage = X509_get_key_usage(pointer)
    for (bit, word) in [(KU_KEY_CERT_SIGN, "keyCertSign"), (KU_CRL_SIGN, "cRLSign")] {
      try operation.require(
        usage & UInt32(bit) != 0, .wrongPurpose,
        "the key usage of \(name) lacks \(word), without which hosts refuse what it signs. Issue its"
          + " certificate again with keyUsage = critical,keyCertSign,cRLSign")
    }
    let facts = try CertificateFacts(of: self)
    try operation.require(
      facts.notBefore <= now, .notYetValid,
      "the certificate of \(name) is not yet valid; check the clock of the controller")
    try operation.require(
      now < facts.notAfter, .expired,
      "the certificate of \(name) has expired. Create a CA with \"deploy ca create\", or import a renewed"
        + " certificate")
  }

  /// How many CAs may be below this one; nil if there is no limit.
  var pathLength: Int? {
    defer { withExtendedLifetime(self) {} }
    let length = X509_get_pathlen(pointer)
    return length < 0 ? nil : length
  }

  var subjectName: String {
    defer { withExtendedLifetime(self) {} }
    return CertificateFacts.commonName(of: X509_get_subject_name(pointer))
  }

  var issuerName: String {
    defer { withExtendedLifetime(self) {} }
    return CertificateFacts.commonName(of: X509_get_issuer_name(pointer))
  }

  func hasKey(of other: Certificate) -> Bool {
    defer { withExtendedLifetime((self, other)) {} }
    return EVP_PKEY_eq(X509_get0_pubkey(pointer), X509_get0_pubkey(other.pointer)) == 1
  }

  func hasSubject(of other: Certificate) -> Bool {
    defer { withExtendedLifetime((self, other)) {} }
    return X509_NAME_cmp(X509_get_subject_name(pointer), X509_get_subject_name(other.pointer)) == 0
  }
}

extension [Certificate] {
  /// The one to use among several certificates of a CA: one that is valid, rather self-signed than signed by an
  /// older root, and of those the one that expires last. Nil if there is none.
  func preferred(at now: Int64) -> Certificate? {
    func rank(_ certificate: Certificate) -> (Int, Int, Int64) {
      guard let facts = try? CertificateFacts(of: certificate) else { return (0, 0, 0) }
      let isValid = facts.notBefore <= now && now < facts.notAfter
      return (isValid ? 1 : 0, certificate.isSelfSigned ? 1 : 0, facts.notAfter)
    }
    return map { ($0, rank($0)) }.max { $0.1 < $1.1 }?.0
  }
}

extension CertificateError.Verification {
  /// Whether a name is the reason, which the name constraints of a CA do not permit.
  var isNameConstraint: Bool {
    [X509_V_ERR_PERMITTED_VIOLATION, X509_V_ERR_EXCLUDED_VIOLATION].contains(Int32(number))
  }
}
