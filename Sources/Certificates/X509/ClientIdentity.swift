/// What a TLS client shows of itself: a certificate and its key.
package struct ClientIdentity: Sendable {
  let certificates: [Certificate]
  let key: PrivateKey

  /// - Parameters:
  ///   - certificatePEM: the client's own certificate, after which intermediates may stand.
  ///   - keyPEM: unencrypted.
  package init(certificatePEM: String, keyPEM: Secret) throws(CertificateError) {
    certificates = try Certificate.readAll(certificatePEM, named: "the client's certificate")
    key = try PrivateKey.read(keyPEM, named: "the client's key")
  }

  package init(_ leaf: IssuedLeaf) throws(CertificateError) {
    try self.init(certificatePEM: leaf.certificatePEM, keyPEM: leaf.privateKeyPEM)
  }
}
