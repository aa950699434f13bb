internal import COpenSSL

extension CertificateBundle {
  /// Verifies a certificate against this bundle's CAs, as a TLS peer does.
  ///
  /// The rules are RFC 5280's, at OpenSSL's security level 2. They are applied strictly to the certificate
  /// itself; a CA that another program created may break rules that no TLS peer checks.
  /// - Parameters:
  ///   - leafPEM: the certificate, which intermediates may follow.
  ///   - role: the end of the connection that presents it.
  ///   - name: the name it has to match, as nginx's `proxy_ssl_name`; nil to check no name.
  ///   - time: seconds since 1970.
  ///   - lists: the revocation lists, as PEM: if there is one, each CA of the chain needs one.
  package func verify(
    leafPEM: String, as role: CertificateRole, name: String?, at time: Int64, lists: [String] = []
  ) throws(CertificateError) {
    let chain = try CertificateBundle(pem: leafPEM, named: "the certificate to verify")
    let leaf = chain.facts[0].commonName.debugDescription
    let operation = Operation("verify", "the \(role.rawValue) certificate \(leaf)")
    let store = try operation.require(X509_STORE_new())
    defer { X509_STORE_free(store) }
    for ca in certificates {
      try operation.require(X509_STORE_add_cert(store, ca.pointer) == 1)
    }
    try Self.add(lists, to: store, operation)
    // OpenSSL's context borrows the chain, and Swift frees an array after its last use.
    try withExtendedLifetime(chain) { () throws(CertificateError) in
      func verify(isStrict: Bool) throws(CertificateError) {
        try Self.verify(
          chain.certificates, in: store, as: role, name: name, at: time, isStrict: isStrict,
          vouching: self.name, operation)
      }
      do throws(CertificateError) {
        try verify(isStrict: true)
      } catch {
        guard let depth = error.verification?.depth, depth > 0 else { throw error }
        try verify(isStrict: false)
      }
    }
  }

  /// Verifies the first certificate, a CA's, against the others, as hosts do with these lists before they accept
  /// what the CA signed.
  ///
  /// A list that is not valid yet, that is not about CAs or that has critical extensions which OpenSSL does not
  /// know is found by this, although its signature is right.
  ///
  /// - Parameters:
  ///   - time: seconds since 1970.
  ///   - lists: the revocation lists of all certificates but the first, as PEM.
  package func verifyCA(at time: Int64, lists: [String]) throws(CertificateError) {
    let operation = Operation("verify", "the CA \(facts[0].commonName.debugDescription)")
    let store = try operation.require(X509_STORE_new())
    defer { X509_STORE_free(store) }
    for ca in certificates.dropFirst() {
      try operation.require(X509_STORE_add_cert(store, ca.pointer) == 1)
    }
    try Self.add(lists, to: store, operation)
    try withExtendedLifetime(self) { () throws(CertificateError) in
      try Self.verify(
        [certificates[0]], in: store, as: nil, name: nil, at: time, isStrict: false,
        vouching: "its root", operation)
    }
  }

  /// Adds revocation lists to a store, which then requires them as nginx does with `ssl_crl`.
  private static func add(
    _ lists: [String], to store: OpaquePointer, _ operation: Operation
  ) throws(CertificateError) {
    guard !lists.isEmpty else { return }
    for list in lists {
      let buffer = try MemoryBuffer.copying(list, for: operation)
      let pointer = try operation.require(
        PEM_read_bio_X509_CRL(buffer.pointer, nil, { _, _, _, _ in -1 }, nil),
        .damagedRevocationList, "a revocation list is damaged")
      defer { X509_CRL_free(pointer) }
      try operation.require(X509_STORE_add_crl(store, pointer) == 1)
    }
    let flags = UInt(X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL)
    try operation.require(X509_STORE_set_flags(store, flags) == 1)
  }

  /// - Parameters:
  ///   - store: the CAs.
  ///   - role: nil for a certificate that is for neither end, such as a CA's.
  ///   - vouching: how errors name the CAs.
  static func verify(
    _ chain: [Certificate], in store: OpaquePointer, as role: CertificateRole?, name: String?,
    at time: Int64, isStrict: Bool, vouching issuers: String, _ operation: Operation
  ) throws(CertificateError) {
    let intermediates = try operation.require(COpenSSL_sk_X509_new_null())
    defer { COpenSSL_sk_X509_free(intermediates) }
    for certificate in chain.dropFirst() {
      try operation.require(COpenSSL_sk_X509_push(intermediates, certificate.pointer) > 0)
    }
    let context = try operation.require(X509_STORE_CTX_new())
    defer { X509_STORE_CTX_free(context) }
    try operation.require(
      X509_STORE_CTX_init(context, store, chain[0].pointer, intermediates) == 1)
    if let role {
      try operation.require(X509_STORE_CTX_set_purpose(context, role.purpose) == 1)
    }
    X509_STORE_CTX_set_time(context, 0, Int(time))
    let parameters = X509_STORE_CTX_get0_param(context)
    if isStrict {
      try operation.require(
        X509_VERIFY_PARAM_set_flags(parameters, UInt(X509_V_FLAG_X509_STRICT)) == 1)
    }
    X509_VERIFY_PARAM_set_auth_level(parameters, 2)
    if let name {
      // For OpenSSL, an empty name means no check at all.
      try operation.require(
        !name.isEmpty && X509_VERIFY_PARAM_set1_host(parameters, name, name.utf8.count) == 1,
        .requestRefused, "\(name.debugDescription) is not a name to check")
    }
    if X509_verify_cert(context) != 1 {
      throw rejection(by: context, name: name, issuers, operation)
    }
  }

  private static func rejection(
    by context: OpaquePointer, name: String?, _ issuers: String, _ operation: Operation
  ) -> CertificateError {
    let number = X509_STORE_CTX_get_error(context)
    let (code, reason): (CertificateError.Code, String) =
      switch number {
      case X509_V_ERR_CERT_HAS_EXPIRED: (.expired, "it, or one of its issuers, has expired")
      case X509_V_ERR_CERT_NOT_YET_VALID:
        (
          .notYetValid,
          "it, or one of its issuers, is not yet valid; check the clock of the controller"
        )
      case X509_V_ERR_HOSTNAME_MISMATCH: (.nameMismatch, "it is not for \"\(name ?? "")\"")
      case X509_V_ERR_INVALID_PURPOSE: (.wrongPurpose, "it is not for this end of a connection")
      case X509_V_ERR_EE_KEY_TOO_SMALL, X509_V_ERR_CA_KEY_TOO_SMALL:
        (.weakKey, "its key, or its issuer's, is too weak")
      default: (.chainNotVerified, "\(issuers) did not issue it")
      }
    let verification = CertificateError.Verification(
      number: Int(number), text: String(cString: X509_verify_cert_error_string(Int(number))),
      depth: Int(X509_STORE_CTX_get_error_depth(context)),
      issuer: X509_STORE_CTX_get_current_cert(context).map {
        CertificateFacts.commonName(of: X509_get_issuer_name($0))
      } ?? "")
    return operation.failure(code, reason, verification: verification)
  }
}
