internal import COpenSSL

/// A request for a certificate (PKCS#10, RFC 2986) with the private key that it is for.
package struct SigningRequest: Sendable {
  /// The request in DER.
  package let der: [UInt8]
  /// The private key, as unencrypted PKCS#8.
  package let keyPEM: Secret

  /// Makes a request for a new key.
  ///
  /// - Parameter dnsNames: at least one; `*.` may begin a name. The subject is empty, because CAs take the
  ///   names from the alternative names (RFC 8555, 7.4).
  package static func make(
    dnsNames: [String], key algorithm: KeyAlgorithm
  ) throws(CertificateError) -> SigningRequest {
    let key = try PrivateKey.generate(algorithm)
    return try SigningRequest(dnsNames, key)
  }

  /// Makes the request again for a key that was made before.
  ///
  /// - Parameter name: how errors name the key, such as its path.
  package static func make(
    dnsNames: [String], keyPEM: Secret, named name: String
  ) throws(CertificateError) -> SigningRequest {
    try SigningRequest(dnsNames, PrivateKey.read(keyPEM, named: name))
  }

  private init(_ dnsNames: [String], _ key: PrivateKey) throws(CertificateError) {
    keyPEM = try key.pem()
    let operation = Operation(
      "make", "a request for a certificate of \(dnsNames.joined(separator: ", "))")
    try operation.require(!dnsNames.isEmpty, .requestRefused, "it contains no DNS name")
    let request = try operation.require(X509_REQ_new())
    defer { X509_REQ_free(request) }
    try operation.require(
      X509_REQ_set_version(request, 0) == 1 && X509_REQ_set_pubkey(request, key.pointer) == 1)
    var extensions: OpaquePointer?
    defer { COpenSSL_sk_X509_EXTENSION_pop_free(extensions) }
    let names = try AlternativeNames.make(dnsNames, for: operation)
    let isAdded = X509V3_add1_i2d(
      &extensions, NID_subject_alt_name, UnsafeMutableRawPointer(names.pointer), 0,
      UInt(X509V3_ADD_DEFAULT))
    try operation.require(isAdded == 1 && X509_REQ_add_extensions(request, extensions) == 1)
    try operation.require(X509_REQ_sign(request, key.pointer, key.signatureDigest) > 0)
    var encoded = [UInt8](repeating: 0, count: Int(max(i2d_X509_REQ(request, nil), 0)))
    let count = encoded.withUnsafeMutableBufferPointer { buffer in
      var start = buffer.baseAddress
      return i2d_X509_REQ(request, &start)
    }
    try operation.require(count > 0 && Int(count) == encoded.count)
    der = encoded
  }
}
