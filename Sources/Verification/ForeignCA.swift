import Certificates

extension CertificateAuthority {
  /// A temporary CA that no host trusts. Back-ends must refuse its certificates.
  static func foreign(now: Int64) throws -> CertificateAuthority {
    try temporary(
      CARequest(
        commonName: "deploy verify: a foreign one", key: .ecdsaP256, validFor: 86_400), now: now)
  }
}
