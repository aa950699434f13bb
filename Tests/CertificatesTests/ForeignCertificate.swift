import Certificates

/// A certificate that the openssl program made, valid from now on.
struct ForeignCertificate {
  let pem: String
  let key: String

  /// - Parameter extensions: as `req -addext` takes them.
  init(
    _ name: String, rsaBits: Int? = nil, extensions: [String],
    issuer: ForeignCertificate? = nil
  ) throws {
    let kind =
      rsaBits.map { ["RSA", "-pkeyopt", "rsa_keygen_bits:\($0)"] }
      ?? ["EC", "-pkeyopt", "ec_paramgen_curve:P-256"]
    key = try OpenSSLCommand(["genpkey", "-algorithm"] + kind).pem
    var arguments = ["req", "-x509", "-new", "-key", "key", "-subj", "/CN=\(name)", "-days", "30"]
    for text in extensions { arguments += ["-addext", text] }
    var files = ["key": key]
    if let issuer {
      arguments += ["-CA", "ca", "-CAkey", "cakey"]
      files["ca"] = issuer.pem
      files["cakey"] = issuer.key
    }
    // An empty configuration: the system's adds extensions of its own.
    files["config"] = "[req]\ndistinguished_name=name\n[name]\n"
    pem = try OpenSSLCommand(arguments + ["-config", "config"], files: files).pem
  }

  static let ca = ["basicConstraints=critical,CA:TRUE", "keyUsage=critical,keyCertSign"]

  /// A CA that signs certificates and revocation lists, and that deploy can use.
  static let signingCA = [
    "basicConstraints=critical,CA:TRUE", "keyUsage=critical,keyCertSign,cRLSign",
    "subjectKeyIdentifier=hash",
  ]

  static func server(_ names: String...) -> [String] {
    [
      "basicConstraints=critical,CA:FALSE", "keyUsage=critical,digitalSignature",
      "extendedKeyUsage=serverAuth",
      "subjectAltName=" + names.map { "DNS:\($0)" }.joined(separator: ","),
    ]
  }

  /// A second in its period of validity.
  func time() throws -> Int64 { try CertificateFacts.read(pem: pem).notBefore + 60 }
}
