internal import COpenSSL
internal import Fleet

extension CertificateBundle {
  /// Everything in these certificates of a server, in their order, that nginx or visitors' programs
  /// refuse.
  ///
  /// - Parameters:
  ///   - names: the names by which visitors reach the server.
  ///   - time: seconds since 1970.
  ///   - roots: the CAs that visitors trust; nil if they are not known, and then a chain is
  ///     incomplete only if the server's certificate is alone.
  package func problems(
    asServerFor names: [String], at time: Int64, knowing roots: KnownRoots?
  ) -> [ChainProblem] {
    // The other checks would be about the wrong certificate.
    if let misplaced = misplacedLeaf(names) { return [misplaced] }
    let leaf =
      refusals() + nameProblems(names) + validityProblems(at: time) + usageProblems()
    guard certificates.count <= Self.longestChain else { return leaf + [tooLong] }
    let order = ChainOrder(of: self)
    let own = leaf + orderProblems(order) + issuerProblems(order, at: time)
    return own + trustProblems(at: time, roots, isElseSound: own.isEmpty)
  }

  /// Chains of public CAs have up to five certificates. How they belong together takes signatures of each with
  /// each to find out, so a server could make that take minutes with a long one.
  private static let longestChain = 16

  private var tooLong: ChainProblem {
    ChainProblem(
      .refusedByVisitors,
      "the chain has \(certificates.count) certificates, and programs accept only a few: some visitors see an"
        + " error. Keep the server's certificate and its issuers, at most \(Self.longestChain) altogether"
    )
  }

  /// A file that begins with the certificate of a CA, to which the server's key does not belong.
  private func misplacedLeaf(_ names: [String]) -> ChainProblem? {
    func isForServer(_ index: Int) -> Bool { names.contains { certificates[index].covers($0) } }
    guard facts[0].isCA, !isForServer(0) else { return nil }
    let first = ChainProblem.certificate(0, facts[0])
    let server = certificates.indices.dropFirst().first { isForServer($0) || !facts[$0].isCA }
    if let server {
      return ChainProblem(
        .refusedByNginx,
        "\(first) is a CA's, and the server's is number \(server + 1): nginx takes the first one for"
          + " the server's, and the key does not belong to it. Put the server's certificate first,"
          + " then its issuer, then the issuer of that")
    }
    guard !certificates[0].isSelfSigned else { return nil }
    return ChainProblem(
      .refusedByNginx,
      "all certificates are those of CAs, the first of \"\(facts[0].commonName)\", and the server's"
        + " is missing: the key does not belong to any of them. Use the file with the whole chain"
        + " (fullchain.pem of certbot, not chain.pem)")
  }

  // MARK: - The server's certificate

  private func nameProblems(_ names: [String]) -> [ChainProblem] {
    let missing = names.filter { !certificates[0].covers($0) }
    guard !missing.isEmpty else { return [] }
    guard !facts[0].dnsNames.isEmpty else {
      let common = facts[0].commonName
      return [
        ChainProblem(
          .refusedByAll,
          "the certificate has no alternative names (SAN)"
            + (common.isEmpty
              ? "" : ", only the common name \"\(common)\", which browsers ignore")
            + ": visitors see an error. Have it issued for the names \(ChainProblem.list(names))")
      ]
    }
    return [
      ChainProblem(
        .refusedByAll,
        "the certificate is not for \(ChainProblem.list(missing)) but for"
          + " \(ChainProblem.list(facts[0].dnsNames)): visitors of \(missing.count == 1 ? "that name" : "those names")"
          + " see an error. Use a certificate with every name of the site")
    ]
  }

  private func validityProblems(at time: Int64) -> [ChainProblem] {
    if time >= facts[0].notAfter {
      return [
        ChainProblem(
          .refusedByAll,
          "the certificate expired on \(date(facts[0].notAfter)): visitors see an error. Renew it")
      ]
    }
    guard time < facts[0].notBefore else { return [] }
    return [
      ChainProblem(
        .refusedByAll,
        "the certificate is valid from \(date(facts[0].notBefore)) on, not yet: visitors see an"
          + " error until then. If that date has passed, check the clock of the controller")
    ]
  }

  private func usageProblems() -> [ChainProblem] {
    var problems: [ChainProblem] = []
    if !certificates[0].serves(.server) {
      problems.append(
        ChainProblem(
          .refusedByAll,
          "the certificate is not for servers, according to its key usages: visitors see an error."
            + " Have it issued for servers (extended key usage serverAuth)"))
    }
    if let reason = certificates[0].unsupportedKey(facts[0].keyAlgorithm) {
      problems.append(ChainProblem(.refusedByVisitors, reason))
    }
    return problems
  }

  // MARK: - The issuers

  private func orderProblems(_ order: ChainOrder) -> [ChainProblem] {
    var problems = order.repeated.map { index in
      ChainProblem(
        .refusedByVisitors,
        "\(ChainProblem.certificate(index, facts[index])) is there twice: some programs refuse such a"
          + " chain. Remove one of the two")
    }
    problems += order.unrelated.map { index in
      ChainProblem(
        .refusedByVisitors,
        "\(ChainProblem.certificate(index, facts[index])) did not issue any certificate before it:"
          + " some programs refuse such a chain. Remove it, or replace it with the issuer's"
          + " certificate")
    }
    if order.path != order.path.sorted() {
      problems.append(
        ChainProblem(
          .refusedByVisitors,
          "the certificates are in the wrong order: some programs refuse such a chain. Put the"
            + " server's certificate first, then its issuer, then the issuer of that; here:"
            + " \(order.path.map { String($0 + 1) }.joined(separator: ", "))"))
    }
    return problems
  }

  private func issuerProblems(_ order: ChainOrder, at time: Int64) -> [ChainProblem] {
    // A root that visitors trust is in their store: the one in the file does not count.
    let issuers = order.path.dropFirst().filter { !certificates[$0].isSelfSigned }
    return issuers.filter { time >= facts[$0].notAfter }.map { index in
      ChainProblem(
        .refusedByVisitors,
        "\(ChainProblem.certificate(index, facts[index])), an issuer's, expired on"
          + " \(date(facts[index].notAfter)): some visitors see an error. Replace it with the"
          + " certificate that this CA has now")
    }
  }

  private func date(_ seconds: Int64) -> String { Timestamp(secondsSince1970: seconds).date }
}

extension Certificate {
  /// As browsers do: by the alternative names only. A wildcard stands for one whole label.
  func covers(_ name: String) -> Bool {
    let flags = UInt32(X509_CHECK_FLAG_NEVER_CHECK_SUBJECT | X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS)
    return X509_check_host(pointer, name, name.utf8.count, flags, nil) == 1
  }

  /// Why browsers cannot use the key, and what to do; nil if all can.
  ///
  /// - Parameter kind: as in ``CertificateFacts/keyAlgorithm``.
  fileprivate func unsupportedKey(_ kind: String) -> String? {
    if hasExplicitCurve {
      return
        "browsers refuse its key, which has the parameters of its curve instead of the name. Get a"
        + " certificate for a key with a named curve (openssl ecparam -name prime256v1 -genkey)"
    }
    let remedy = "Get a certificate for another kind of key: \(ChainProblem.goodKeys)"
    switch kind {
    case KeyAlgorithm.ecdsaP256.rawValue, KeyAlgorithm.ecdsaP384.rawValue: return nil
    case "ecdsa-secp521r1":
      return "some browsers, such as Chrome, do not support its key, \(kind). \(remedy)"
    default:
      return kind.hasPrefix("rsa-") ? nil : "browsers do not support its key, \(kind). \(remedy)"
    }
  }

  /// Whether an elliptic curve is written as its parameters, and not as its name, which RFC 5480,
  /// 2.1.1 requires.
  private var hasExplicitCurve: Bool {
    var isExplicit: Int32 = 0
    let isThere =
      EVP_PKEY_get_int_param(
        X509_get0_pubkey(pointer), OSSL_PKEY_PARAM_EC_DECODED_FROM_EXPLICIT_PARAMS, &isExplicit)
      == 1
    return isThere && isExplicit == 1
  }
}
