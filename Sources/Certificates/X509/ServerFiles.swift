/// A certificate and a key for a server, provided by the user.
package struct ServerFiles: Sendable {
  private let chain: CertificateBundle
  private let key: PrivateKey
  package var facts: [CertificateFacts] { chain.facts }

  /// - Parameter name: how errors name the certificate, such as its path.
  /// - Parameter keyName: how errors name the key, such as its path.
  package init(
    certificatePEM: String, named name: String = "the certificate",
    keyPEM: Secret, keyNamed keyName: String = "the private key"
  ) throws(CertificateError) {
    chain = try CertificateBundle(pem: certificatePEM, named: name)
    key = try PrivateKey.read(keyPEM, named: keyName)
  }

  /// Everything that would prevent nginx from starting with these files, or browsers from accepting
  /// them for `names`; the trust in the issuer is not checked.
  /// - Parameter time: seconds since 1970.
  package func problems(names: [String], at time: Int64) -> [CertificateError] {
    do {
      try checkKeyMatches()
    } catch {
      // The other checks would be about the wrong certificate.
      return [error]
    }
    let isStrong = key.securityBits >= minimumSecurityBits
    return
      (isStrong
      ? []
      : [
        Operation("use", chain.name).failure(
          .weakKey,
          "its key, \(chain.facts[0].keyAlgorithm), is too weak; RSA needs 2048 bits, ECDSA 224")
      ])
      + chain.problems(asServerFor: names, at: time)
  }

  /// The issuer that visitors need but do not get; see `CertificateBundle.missingIssuer`.
  package func missingIssuer(at time: Int64) throws(CertificateError) -> String? {
    try chain.missingIssuer(at: time)
  }

  /// Checks that the key matches the first certificate.
  package func checkKeyMatches() throws(CertificateError) {
    let operation = Operation("use", chain.name)
    guard !chain.certificates[0].matches(key) else { return }
    let isFurtherDown = chain.certificates.dropFirst().contains { $0.matches(key) }
    throw isFurtherDown
      ? operation.failure(.chainOutOfOrder, "the certificate of its key has to be the first")
      : operation.failure(.keyMismatch, "its key belongs to another certificate")
  }
}
