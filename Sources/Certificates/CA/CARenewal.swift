internal import COpenSSL

extension CertificateAuthority {
  /// Renews the CA's certificate: the same name, key and key identifier, another serial
  /// and other dates. All that it has signed stays valid under the new one (RFC 5280, 6.1). It does
  /// not help if the key is compromised.
  ///
  /// - Parameters:
  ///   - root: the CA above it; nil if it is self-signed.
  ///   - validFor: in seconds from now on; the new end must be later than the old one.
  ///   - now: seconds since 1970.
  package func renewed(
    below root: CertificateAuthority? = nil, validFor: Int64, now: Int64
  ) throws(CertificateError) -> CertificateAuthority {
    let operation = Operation("renew", "the CA \(facts.commonName.debugDescription)")
    try operation.require(
      (root == nil) == issuers.isEmpty, .requestRefused,
      "its issuer is needed to sign the new certificate as well")
    let validity = try Validity(now: now, validFor: validFor, for: operation)
    let notAfter = min(validity.notAfter, root?.facts.notAfter ?? validity.notAfter)
    try operation.require(
      notAfter > facts.notAfter, .requestRefused,
      "the new certificate would not expire later"
        + (validity.notAfter > facts.notAfter
          ? ": its issuer expires first" : "; set a longer ca.valid_for"))
    let builder = try CertificateBuilder.start(key: key, for: operation)
    try builder.setRandomSerial(lowestBit: nil)
    // A certificate that was issued under the old one must not be older than its CA.
    try builder.setValidity(
      notBefore: min(validity.notBefore, facts.notBefore), notAfter: notAfter)
    try builder.copySubjectAndExtensions(of: certificate)
    try builder.setIssuer(root?.certificate)
    if let root {
      try builder.addExtension(
        NID_authority_key_identifier, "keyid:always", issuer: root.certificate)
    }
    let signed = try builder.sign(with: root?.key ?? key).certificate
    return CertificateAuthority(
      facts: try CertificateFacts(of: signed), certificate: signed, issuers: issuers, key: key)
  }
}

extension CAFiles {
  /// How the key in a PEM file is protected (RFC 7468, 10 and 11; RFC 1421, 4.6.1.1).
  package enum KeyProtection: Hashable, Sendable {
    /// PKCS#8 under a passphrase: the form that `deploy` writes and opens.
    case encrypted
    /// Under a passphrase, but in an older form of OpenSSL, which `deploy` does not open.
    case encryptedElsewise
    case none
    /// The text contains no private key.
    case noKey
  }

  /// The protection of a key in PEM form; nothing is decrypted. If the text has several keys, the
  /// protection of the worst one.
  package static func protection(ofKeyPEM pem: String) -> KeyProtection {
    let labelled = protection(byLabelsOf: pem.utf8)
    // A label is only a claim: the structure below it has to be an encrypted one.
    return labelled == .encrypted && !EncryptedPrivateKey.isOne(pem) ? .noKey : labelled
  }

  /// The protection of a key that another program wrote, by the labels of its PEM text.
  package static func protection(ofForeignKey pem: Secret) -> KeyProtection {
    pem.withUnsafeBytes { protection(byLabelsOf: $0) }
  }

  /// Only lines with labels and headers are made strings: the others may be a key.
  private static func protection(byLabelsOf pem: some Collection<UInt8>) -> KeyProtection {
    var keys: [KeyProtection] = []
    var isInKey = false
    for line in pem.split(whereSeparator: { $0 == UInt8(ascii: "\n") || $0 == UInt8(ascii: "\r") })
    {
      if line.starts(with: "-----BEGIN ".utf8) {
        let label = String(decoding: line.prefix(80), as: UTF8.self)
        isInKey = label.contains("PRIVATE KEY-----")
        if isInKey { keys.append(label.contains(" ENCRYPTED PRIVATE KEY") ? .encrypted : .none) }
      } else if isInKey, line.starts(with: "Proc-Type:".utf8),
        String(decoding: line.prefix(80), as: UTF8.self).contains("ENCRYPTED")
      {
        keys[keys.count - 1] = .encryptedElsewise
      }
    }
    return [.none, .encryptedElsewise, .encrypted].first(where: keys.contains) ?? .noKey
  }

  /// Encrypts the key under another passphrase; its certificate stays the same.
  ///
  /// - Throws: `wrongPassphrase` and `damagedKey` as unlocking does.
  package static func reseal(
    encryptedKeyPEM: String, passphrase: Secret, newPassphrase: Secret
  ) throws(CertificateError) -> String {
    try EncryptedPrivateKey.reseal(
      encryptedKeyPEM, passphrase: passphrase, newPassphrase: newPassphrase)
  }
}
