import Certificates
import Testing

/// A root, and CAs below it.
struct TestRoot {
  let ca: CertificateAuthority
  let now: Int64

  init(validFor: Int64 = 7300 * day, now: Int64 = noon) throws {
    self.now = now
    let files = try CertificateAuthority.create(
      CARequest(
        commonName: "The Root", key: .ecdsaP384, validFor: validFor, isRoot: true),
      passphrase: TestCA.passphrase, now: now)
    ca = try .unlock(files, passphrase: TestCA.passphrase)
  }

  func files(_ name: String, validFor: Int64 = 3650 * day) throws -> CAFiles {
    try CertificateAuthority.create(
      CARequest(commonName: name, key: .ecdsaP256, validFor: validFor), below: ca,
      passphrase: TestCA.passphrase, now: now)
  }

  func issuing(_ name: String) throws -> CertificateAuthority {
    try .unlock(files(name), passphrase: TestCA.passphrase)
  }
}

@Suite("A CA below a root")
struct RootTests {
  private let root: TestRoot

  init() throws { root = try TestRoot() }

  @Test("Its certificate is signed by the root, comes before the root's, and signs only leaves")
  func chain() throws {
    let issuing = try root.issuing("Issuing 1")
    let chain = try CertificateFacts.readAll(pem: issuing.certificatePEM())
    #expect(chain == [issuing.facts, root.ca.facts])
    #expect(issuing.facts.issuerCommonName == "The Root")
    #expect(issuing.facts.authorityKeyIdentifier == root.ca.facts.subjectKeyIdentifier)
    #expect(root.ca.isRoot && !issuing.isRoot)
    let leaf = try issuing.issue(
      LeafRequest(
        role: .server, commonName: "a", dnsNames: ["a.example"], key: .ecdsaP256, validFor: day),
      now: noon)
    let pems = [
      "root": try root.ca.certificatePEM(), "issuing": try issuing.certificatePEM(),
      "leaf": leaf.certificatePEM,
    ]
    let verify = ["verify", "-x509_strict", "-auth_level", "2", "-attime", "\(noon)"]
    #expect(
      try OpenSSLCommand(
        verify + ["-purpose", "sslserver", "-CAfile", "root", "-untrusted", "issuing", "leaf"],
        files: pems
      ).output == "leaf: OK\n")
    let lengths = try ["root", "issuing"].map { name in
      try OpenSSLCommand(
        ["x509", "-in", name, "-noout", "-ext", "basicConstraints"], files: pems
      ).lines.last
    }
    #expect(lengths == ["CA:TRUE, pathlen:1", "CA:TRUE, pathlen:0"])
    try CertificateBundle(pem: issuing.certificatePEM()).verify(
      leafPEM: leaf.certificatePEM, as: .server, name: "a.example", at: noon)
  }

  @Test("It ends no later than the root")
  func clipped() throws {
    let brief = try TestRoot(validFor: 100 * day)
    #expect(try brief.issuing("Issuing 1").facts.notAfter == brief.ca.facts.notAfter)
  }

  @Test("Without the root's certificate, or with another one, it does not unlock")
  func brokenChain() throws {
    let files = try root.files("Issuing 1")
    let blocks = files.certificatePEM.split(separator: "-----END CERTIFICATE-----\n")
      .map { "\($0)-----END CERTIFICATE-----\n" }
    try #require(blocks.count == 2)
    func code(_ certificates: [String]) -> CertificateError.Code? {
      errorCode {
        _ = try CertificateAuthority.unlock(
          CAFiles(
            certificatePEM: certificates.joined(), encryptedKeyPEM: files.encryptedKeyPEM),
          passphrase: TestCA.passphrase)
      }
    }
    #expect(code([blocks[0]]) == .notACA)
    #expect(
      code([blocks[0], try TestCA.first().files.certificatePEM]) == .damagedCertificate)
    #expect(code([blocks[1], blocks[0]]) == .damagedCertificate)
  }

  @Test("Renewing it needs the root, and what it has signed stays valid")
  func renewed() throws {
    let issuing = try root.issuing("Issuing 1")
    let leaf = try issuing.issue(
      LeafRequest(
        role: .client, commonName: "a", dnsNames: ["a.example"], key: .ecdsaP256,
        validFor: 365 * day), now: noon)
    #expect(
      errorCode { _ = try issuing.renewed(validFor: 4000 * day, now: noon + day) }
        == .requestRefused)
    let renewed = try issuing.renewed(
      below: root.ca, validFor: 4000 * day, now: noon + day)
    #expect(renewed.facts.subjectKeyIdentifier == issuing.facts.subjectKeyIdentifier)
    #expect(renewed.facts.notAfter == noon + 4001 * day)
    try CertificateBundle(pem: renewed.certificatePEM()).verify(
      leafPEM: leaf.certificatePEM, as: .client, name: nil, at: noon + day)
    #expect(
      errorCode {
        _ = try renewed.renewed(below: root.ca, validFor: 9000 * day, now: noon + day)
          .renewed(below: root.ca, validFor: 9999 * day, now: noon + day)
      } == .requestRefused)
  }
}

@Suite("A CA whose key is only in memory")
struct TemporaryCATests {
  @Test("it signs certificates that it vouches for, and no other CA does")
  func vouching() throws {
    let ca = try CertificateAuthority.temporary(
      CARequest(commonName: "Temporary", key: .ecdsaP256, validFor: day), now: noon)
    let leaf = try ca.issue(
      LeafRequest(
        role: .client, commonName: "edge-1", dnsNames: ["edge-1"], key: .ecdsaP256, validFor: 600),
      now: noon)
    try CertificateBundle(pem: ca.certificatePEM()).verify(
      leafPEM: leaf.certificatePEM, as: .client, name: nil, at: noon)
    #expect(
      errorCode {
        try TestCA.first().bundle().verify(
          leafPEM: leaf.certificatePEM, as: .client, name: nil, at: noon)
      } == .chainNotVerified)
    #expect(
      errorCode {
        _ = try CertificateAuthority.temporary(
          CARequest(commonName: "", key: .ecdsaP256, validFor: day), now: noon)
      } == .requestRefused)
  }
}
