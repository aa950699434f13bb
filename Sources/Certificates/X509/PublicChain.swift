internal import COpenSSL

extension CertificateBundle {
  /// Everything that would prevent browsers from accepting this chain of a server for `names`; the trust in
  /// its issuer is not checked.
  /// - Parameter time: seconds since 1970.
  package func problems(asServerFor names: [String], at time: Int64) -> [CertificateError] {
    let (leaf, facts) = (certificates[0], self.facts[0])
    var problems: [CertificateError] = []
    func check(_ holds: Bool, _ code: CertificateError.Code, _ reason: @autoclosure () -> String) {
      if !holds { problems.append(Operation("use", name).failure(code, reason())) }
    }
    for name in names {
      check(
        leaf.covers(name), .nameMismatch,
        "it is not for \"\(name)\" but for \(facts.dnsNames.joined(separator: ", "))")
    }
    check(
      time >= facts.notBefore, .notYetValid,
      "it is not yet valid; check the clock of the controller")
    check(time < facts.notAfter, .expired, "it has expired; renew it")
    check(leaf.serves(.server), .wrongPurpose, "it is not for servers")
    for (index, pair) in zip(certificates, certificates.dropFirst()).enumerated() {
      check(
        pair.0.isIssued(by: pair.1), .chainOutOfOrder,
        "certificate \(index + 2) in it did not issue certificate \(index + 1); "
          + "put the server's certificate first, then its issuer, then the issuer of that")
    }
    return problems
  }

  /// Why visitors who trust the same CAs as the controller do not trust this chain of a server;
  /// nil if they do. A private CA, or a missing intermediate, is found here.
  /// - Parameter time: seconds since 1970.
  package func publicDistrust(at time: Int64) throws(CertificateError) -> CertificateError? {
    let operation = Operation("verify", name)
    let store = try operation.require(X509_STORE_new())
    defer { X509_STORE_free(store) }
    try operation.require(X509_STORE_set_default_paths(store) == 1)
    do throws(CertificateError) {
      try withExtendedLifetime(self) { () throws(CertificateError) in
        try Self.verify(
          certificates, in: store, as: .server, name: nil, at: time, isStrict: false,
          vouching: "the CAs that the controller trusts", operation)
      }
      return nil
    } catch {
      guard error.code != .libraryFailed else { throw error }
      return error
    }
  }

  /// The issuer of the server's certificate, if its certificate is missing from this chain and the controller
  /// does not know it as a CA: most visitors cannot verify such a chain. Nil if nothing is missing.
  ///
  /// A chain that includes the issuer and ends below an unknown root may be a private CA's, and counts
  /// as complete.
  /// - Parameter time: seconds since 1970.
  package func missingIssuer(at time: Int64) throws(CertificateError) -> String? {
    // OpenSSL looks for issuers before it checks anything else, such as the validity.
    guard let verification = try publicDistrust(at: time)?.verification, verification.depth == 0,
      verification.number == Int(X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY)
    else { return nil }
    return facts[0].issuerCommonName
  }
}
