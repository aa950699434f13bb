internal import COpenSSL

extension CertificateBundle {
  /// Reads a server's certificate file as nginx does: the first certificate is the server's, and
  /// blocks of other kinds, such as a key or parameters, are skipped.
  ///
  /// - Parameter name: how errors name the file, such as its path.
  package init(serverFile bytes: [UInt8], named name: String) throws(CertificateError) {
    try self.init(Certificate.readServerFile(bytes, named: name), named: name)
  }

  /// What nginx refuses when it starts.
  ///
  /// OpenSSL is asked in the way nginx asks it, at security level 2, which is the default of Debian.
  func refusals() -> [ChainProblem] {
    defer { ERR_clear_error() }
    guard let context = SSL_CTX_new(TLS_server_method()) else {
      return [ChainProblem(.refusedByNginx, "OpenSSL cannot be used. This is a bug in deploy.")]
    }
    defer { SSL_CTX_free(context) }
    SSL_CTX_set_security_level(context, 2)
    return withExtendedLifetime(self) {
      certificates.indices.compactMap { index in
        let operation = Operation("use", name)
        let pointer = certificates[index].pointer
        let isAccepted =
          index == 0
          ? SSL_CTX_use_certificate(context, pointer) == 1
          : COpenSSL_SSL_CTX_add1_chain_cert(context, pointer) == 1
        return isAccepted ? nil : refusal(of: index, operation)
      }
    }
  }

  /// The reason for which OpenSSL has just refused a certificate.
  private func refusal(of index: Int, _ operation: Operation) -> ChainProblem {
    let reason = ERR_GET_REASON(ERR_peek_last_error())
    let subject =
      index == 0 ? "the certificate" : ChainProblem.certificate(index, facts[index])
    let key = facts[index].keyAlgorithm
    let text =
      switch reason {
      case SSL_R_EE_KEY_TOO_SMALL, SSL_R_CA_KEY_TOO_SMALL:
        "its key, \(key), is too weak for OpenSSL. "
          + (index == 0
            ? "Get a certificate for another kind of key: \(ChainProblem.goodKeys)"
            : "Get a certificate from another CA")
      case SSL_R_CA_MD_TOO_WEAK:
        "its signature, \(certificates[index].signatureAlgorithm), is too weak for OpenSSL. Have it"
          + " issued again, signed with SHA-256"
      case SSL_R_UNKNOWN_CERTIFICATE_TYPE:
        "TLS servers cannot use its key, \(key). Get a certificate for another kind of key:"
          + " \(ChainProblem.goodKeys)"
      default:
        "OpenSSL says: "
          + operation.failure(.libraryFailed, "").libraryMessages.joined(separator: "; ")
      }
    return ChainProblem(.refusedByNginx, "nginx refuses \(subject): \(text)")
  }
}

extension Certificate {
  /// As `ssl_certificate` of nginx is read: the first certificate may be a trusted one
  /// (`openssl x509 -trustout`), later ones may not.
  static func readServerFile(
    _ bytes: [UInt8], named name: String
  ) throws(CertificateError) -> [Certificate] {
    let operation = Operation("read", name)
    let buffer = try MemoryBuffer.copying(bytes, for: operation)
    var certificates: [Certificate] = []
    while true {
      // Without this callback OpenSSL would ask for a passphrase on the terminal.
      let read = certificates.isEmpty ? PEM_read_bio_X509_AUX : PEM_read_bio_X509
      if let found = read(buffer.pointer, nil, { _, _, _, _ in -1 }, nil) {
        certificates.append(Certificate(adopting: found))
        continue
      }
      let error = ERR_peek_last_error()
      let isAtEnd =
        ERR_GET_LIB(error) == ERR_LIB_PEM && ERR_GET_REASON(error) == PEM_R_NO_START_LINE
      try operation.require(
        isAtEnd, .damagedCertificate,
        certificates.isEmpty
          ? "its first certificate cannot be decoded"
          : "what follows certificate \(certificates.count) cannot be decoded")
      try operation.require(
        !certificates.isEmpty, .damagedCertificate, "it contains no certificate in PEM form")
      ERR_clear_error()
      return certificates
    }
  }

  /// OpenSSL's name, such as `sha256WithRSAEncryption`.
  var signatureAlgorithm: String {
    OBJ_nid2ln(X509_get_signature_nid(pointer)).map { String(cString: $0) } ?? "of an unknown kind"
  }

  /// Whether its own key signed it, also if its key usages do not allow that.
  var isSelfSigned: Bool { X509_self_signed(pointer, 1) == 1 }
}
