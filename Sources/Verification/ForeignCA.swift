import Certificates

extension CertificateAuthority {
  /// A CA that no host knows, for as long as it is in memory: what it issues has to be refused.
  static func foreign(now: Int64) throws -> CertificateAuthority {
    let passphrase = Secret(copying: (0..<32).map { _ in UInt8.random(in: .min ... .max) })
    return try unlock(
      create(
        CARequest(
          commonName: "deploy verify: a foreign one", key: .ecdsaP256, validFor: 600),
        passphrase: passphrase, now: now), passphrase: passphrase)
  }
}
