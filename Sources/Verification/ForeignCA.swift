import Certificates

extension CertificateAuthority {
  /// A temporary CA that no host trusts. Back-ends must refuse its certificates.
  static func foreign(now: Int64) throws -> CertificateAuthority {
    let passphrase = Secret(copying: (0..<32).map { _ in UInt8.random(in: .min ... .max) })
    return try unlock(
      create(
        CARequest(
          commonName: "deploy verify: a foreign one", key: .ecdsaP256, validFor: 600),
        passphrase: passphrase, now: now), passphrase: passphrase)
  }
}
