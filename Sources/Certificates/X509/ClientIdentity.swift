/// The certificate of a TLS client and its key.
package struct ClientIdentity: Sendable {
  let certificates: [Certificate]
  let key: PrivateKey

  /// - Parameters:
  ///   - certificatePEM: the client's own certificate, which intermediates may follow.
  ///   - keyPEM: unencrypted.
  package init(certificatePEM: String, keyPEM: Secret) throws(CertificateError) {
    certificates = try Certificate.readAll(certificatePEM, named: "the client's certificate")
    key = try PrivateKey.read(keyPEM, named: "the client's key")
  }

  package init(_ leaf: IssuedLeaf) throws(CertificateError) {
    try self.init(certificatePEM: leaf.certificatePEM, keyPEM: leaf.privateKeyPEM)
  }
}
