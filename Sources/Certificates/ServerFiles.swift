/// A certificate and a key that the user brings for a server.
package struct ServerFiles: Sendable {
  private let chain: CertificateBundle
  private let key: PrivateKey
  package var facts: [CertificateFacts] { chain.facts }

  /// - Parameter name: what the errors call the certificate, such as its path.
  /// - Parameter keyName: what the errors call the key, such as its path.
  package init(
    certificatePEM: String, named name: String = "the certificate",
    keyPEM: Secret, keyNamed keyName: String = "the private key"
  ) throws(CertificateError) {
    chain = try CertificateBundle(pem: certificatePEM, named: name)
    key = try PrivateKey.read(keyPEM, named: keyName)
  }

  /// Everything that would keep nginx from starting with these files, or browsers from accepting
  /// them for `names`; whether the issuer is trusted is not asked.
  /// - Parameter time: seconds since 1970.
  package func problems(names: [String], at time: Int64) -> [CertificateError] {
    do {
      try checkKeyMatches()
    } catch {
      // The other checks would speak of the wrong certificate.
      return [error]
    }
    let leaf = chain.certificates[0]
    let facts = chain.facts[0]
    var problems: [CertificateError] = []
    func check(_ holds: Bool, _ code: CertificateError.Code, _ reason: @autoclosure () -> String) {
      if !holds { problems.append(Operation("use", chain.name).failure(code, reason())) }
    }
    check(
      key.securityBits >= minimumSecurityBits, .weakKey,
      "its key, \(facts.keyAlgorithm), is too weak; RSA takes 2048 bits, ECDSA 224")
    for name in names {
      check(
        leaf.covers(name), .nameMismatch,
        "it is not for “\(name)” but for \(facts.dnsNames.joined(separator: ", "))")
    }
    check(time >= facts.notBefore, .notYetValid, "it is not yet valid; is the clock right?")
    check(time < facts.notAfter, .expired, "it has expired; renew it")
    check(leaf.serves(.server), .wrongPurpose, "it is not for servers")
    for (index, pair) in zip(chain.certificates, chain.certificates.dropFirst()).enumerated() {
      check(
        pair.0.isIssued(by: pair.1), .chainOutOfOrder,
        "certificate \(index + 2) in it did not issue certificate \(index + 1); "
          + "the order is the server's own, its issuer, that one's issuer")
    }
    return problems
  }

  /// Checks that the key is that of the first certificate.
  package func checkKeyMatches() throws(CertificateError) {
    let operation = Operation("use", chain.name)
    guard !chain.certificates[0].matches(key) else { return }
    let isFurtherDown = chain.certificates.dropFirst().contains { $0.matches(key) }
    throw isFurtherDown
      ? operation.failure(.chainOutOfOrder, "the certificate of its key has to stand first")
      : operation.failure(.keyMismatch, "its key belongs to another certificate")
  }
}
