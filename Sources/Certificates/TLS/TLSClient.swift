internal import COpenSSL

/// What a TLS client presents, prepared once for any number of connections.
package final class TLSClient: Sendable {
  // Safe to share: it is complete before `init` and never changed afterwards; OpenSSL counts its
  // owners with atomic numbers.
  nonisolated(unsafe) let pointer: OpaquePointer

  private init(adopting pointer: OpaquePointer) { self.pointer = pointer }

  deinit { SSL_CTX_free(pointer) }

  /// - Parameter identity: nil for a client without a certificate.
  package static func presenting(
    _ identity: ClientIdentity?
  ) throws(CertificateError) -> TLSClient {
    let operation = Operation("prepare", "a TLS client")
    let client = TLSClient(adopting: try operation.require(SSL_CTX_new(TLS_client_method())))
    try operation.require(
      COpenSSL_SSL_CTX_set_min_proto_version(client.pointer, TLS1_2_VERSION) == 1)
    // It checks no certificate: the caller examines what the server presents.
    SSL_CTX_set_verify(client.pointer, SSL_VERIFY_NONE, nil)
    if let identity { try client.show(identity, operation) }
    return client
  }

  private func show(
    _ identity: ClientIdentity, _ operation: Operation
  ) throws(CertificateError) {
    defer { withExtendedLifetime(identity) {} }
    try operation.require(
      SSL_CTX_use_certificate(pointer, identity.certificates[0].pointer) == 1
        && SSL_CTX_use_PrivateKey(pointer, identity.key.pointer) == 1, .keyMismatch,
      "the client's certificate and key do not match")
    for certificate in identity.certificates.dropFirst() {
      try operation.require(COpenSSL_SSL_CTX_add1_chain_cert(pointer, certificate.pointer) == 1)
    }
  }
}
