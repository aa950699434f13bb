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
    try self.init(
      chain: CertificateBundle(pem: certificatePEM, named: name), keyPEM: keyPEM, keyNamed: keyName)
  }

  /// - Parameter keyName: how errors name the key, such as its path.
  package init(
    chain: CertificateBundle, keyPEM: Secret, keyNamed keyName: String
  ) throws(CertificateError) {
    self.chain = chain
    key = try PrivateKey.read(keyPEM, named: keyName)
  }

  /// Everything that nginx or visitors' programs refuse, see ``CertificateBundle``; first of all a key
  /// that does not belong to the certificate.
  ///
  /// - Parameter time: seconds since 1970.
  package func problems(
    names: [String], at time: Int64, knowing roots: KnownRoots? = nil
  ) -> [ChainProblem] {
    do {
      try checkKeyMatches()
    } catch {
      // The other checks would be about the wrong certificate.
      return [ChainProblem(.refusedByNginx, error.reason)]
    }
    return chain.problems(asServerFor: names, at: time, knowing: roots)
  }

  /// Checks that the key matches the first certificate.
  package func checkKeyMatches() throws(CertificateError) {
    let operation = Operation("use", chain.name)
    guard !chain.certificates[0].matches(key) else { return }
    let isFurtherDown = chain.certificates.dropFirst().contains { $0.matches(key) }
    throw isFurtherDown
      ? operation.failure(
        .chainOutOfOrder,
        "the certificate of its key has to be the first; then its issuer, then the issuer of that")
      : operation.failure(.keyMismatch, "its key belongs to another certificate")
  }
}
