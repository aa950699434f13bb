internal import COpenSSL

extension CertificateBundle {
  /// Whether visitors can verify this chain of a server with the CAs that they know.
  ///
  /// - Parameter isElseSound: whether nothing else is wrong: only then is another reason for which
  ///   OpenSSL does not verify the chain worth a message of its own.
  func trustProblems(at time: Int64, _ roots: KnownRoots?, isElseSound: Bool) -> [ChainProblem] {
    guard let roots else {
      return certificates.count == 1 && !certificates[0].isSelfSigned
        ? [incomplete(at: 0, facts[0].issuerCommonName)] : []
    }
    let distrust = distrust(at: time, roots)
    guard let distrust else { return [] }
    guard let verification = distrust.verification else {
      return [ChainProblem(.refusedByVisitors, "\(distrust)")]
    }
    switch Int32(verification.number) {
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY, X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT,
      X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
      return [incomplete(at: verification.depth, verification.issuer)]
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
      return [
        ChainProblem(
          .unknownRoot,
          "the certificate is self-signed: browsers warn of it, unless the visitor has installed it."
            + " Use the certificate of a CA that browsers know. \(ChainProblem.privateRemedy(""))")
      ]
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
      return [
        ChainProblem(
          .unknownRoot,
          "the chain ends at the root \"\(verification.issuer)\", which the controller does not trust:"
            + " browsers that do not know it either show an error."
            + " \(ChainProblem.privateRemedy(""))")
      ]
    default:
      return isElseSound
        ? [
          ChainProblem(
            .refusedByVisitors,
            "the chain cannot be verified: \(verification.text)"
              + " (OpenSSL's verify error \(verification.number)). Ask the CA for another one")
        ] : []
    }
  }

  /// Why visitors who know these CAs do not trust this chain of a server; nil if they do.
  ///
  /// OpenSSL looks for issuers before it checks anything else, such as the validity.
  private func distrust(at time: Int64, _ roots: KnownRoots) -> CertificateError? {
    do throws(CertificateError) {
      try withExtendedLifetime(self) { () throws(CertificateError) in
        try Self.verify(
          certificates, in: roots.store, as: .server, name: nil, at: time, isStrict: false,
          vouching: "the CAs that the controller trusts", Operation("verify", name))
      }
      return nil
    } catch {
      return error
    }
  }

  private func incomplete(at depth: Int, _ issuer: String) -> ChainProblem {
    let name = issuer.isEmpty ? "" : " \"\(issuer)\""
    let what =
      depth == 0
      ? "the certificate of its issuer\(name) is missing"
      : "the chain ends before\(name.isEmpty ? " a root" : name), whose certificate is missing and"
        + " which the controller does not trust"
    return ChainProblem(
      .incomplete,
      "\(what): many visitors cannot verify it and see an error. Use the file with the whole chain"
        + " (fullchain.pem of certbot, not cert.pem)."
        + " \(ChainProblem.privateRemedy("append its certificates or "))")
  }
}
