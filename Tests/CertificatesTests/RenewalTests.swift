import Certificates
import Testing

@Suite("Renewal of a CA with its key")
struct RenewalTests {
  private let scene: TestCA
  private let later = noon + 3000 * day

  init() throws { scene = try TestCA("Renewed Center", validFor: 3650 * day) }

  private func renewed() throws -> String {
    try scene.ca.renewed(validFor: 3650 * day, now: later).certificatePEM()
  }

  @Test("Name, key and key identifier stay; serial and dates are new")
  func facts() throws {
    let old = scene.ca.facts
    let new = try CertificateFacts.read(pem: renewed())
    #expect(new.commonName == old.commonName && new.issuerCommonName == old.commonName)
    #expect(new.subjectKeyIdentifier == old.subjectKeyIdentifier)
    #expect(new.serial != old.serial && new.fingerprint != old.fingerprint)
    #expect(new.notBefore == old.notBefore)
    #expect(new.notAfter == later + 3650 * day)
    let texts = try [scene.files.certificatePEM, renewed()].map { pem in
      try OpenSSLCommand(["x509", "-in", "ca", "-noout", "-text"], files: ["ca": pem])
    }
    for block in ["X509v3 extensions", "Subject Public Key Info"] {
      #expect(!texts[0].block(block).isEmpty && texts[0].block(block) == texts[1].block(block))
    }
    #expect(
      try OpenSSLCommand(
        ["verify", "-x509_strict", "-check_ss_sig", "-attime", "\(later)", "-CAfile", "ca", "ca"],
        files: ["ca": try renewed()]
      ).output == "ca: OK\n")
  }

  @Test("What the old certificate signed is valid under the new one, also after the old one's end")
  func oldLeaves() throws {
    let leaf = try scene.leaf(validFor: 3650 * day, now: noon)
    let bundle = try CertificateBundle(pem: renewed())
    try bundle.verify(leafPEM: leaf.certificatePEM, as: .server, name: nil, at: later)
    let both = try CertificateBundle(pem: scene.files.certificatePEM + renewed())
    try both.verify(leafPEM: leaf.certificatePEM, as: .server, name: nil, at: later)
    let files = CAFiles(
      certificatePEM: try renewed(), encryptedKeyPEM: scene.files.encryptedKeyPEM)
    let ca = try CertificateAuthority.unlock(files, passphrase: TestCA.passphrase)
    let behind = scene.ca.facts.notAfter + day
    let new = try ca.issue(
      LeafRequest(
        role: .server, commonName: "a", dnsNames: ["a.example"], key: .ecdsaP256,
        validFor: 365 * day), now: behind)
    for bundle in [bundle, both] {
      try bundle.verify(leafPEM: new.certificatePEM, as: .server, name: nil, at: behind)
    }
    #expect(
      errorCode {
        try scene.bundle().verify(
          leafPEM: new.certificatePEM, as: .server, name: nil, at: behind)
      } == .expired)
  }

  @Test("A renewal that would not expire later is refused")
  func notLater() throws {
    #expect(
      errorCode { _ = try scene.ca.renewed(validFor: 650 * day, now: later) }
        == .requestRefused)
    #expect(
      try scene.ca.renewed(validFor: 650 * day + 1, now: later).facts.notAfter
        == scene.ca.facts.notAfter + 1)
  }

  @Test("A CA that openssl made keeps its name and extensions as they were encoded")
  func foreign() throws {
    let foreign = try ForeignCertificate("Old Center", extensions: ForeignCertificate.ca)
    let sealed = try OpenSSLCommand(
      ["pkcs8", "-topk8", "-in", "key", "-v2", "aes-256-cbc", "-passout", "file:passphrase"],
      files: ["key": foreign.key, "passphrase": TestCA.passphrase.text])
    let ca = try CertificateAuthority.unlock(
      CAFiles(certificatePEM: foreign.pem, encryptedKeyPEM: sealed.pem),
      passphrase: TestCA.passphrase)
    let pem = try ca.renewed(validFor: 36_500 * day, now: foreign.time()).certificatePEM()
    let identifiers = try [foreign.pem, pem].map { pem in
      try OpenSSLCommand(
        ["x509", "-in", "ca", "-noout", "-subject_hash", "-ext", "basicConstraints,keyUsage"],
        files: ["ca": pem]
      ).output
    }
    #expect(identifiers[0] == identifiers[1])
  }

  @Test("The certificate of a key that lost its own has the same name and key identifier")
  func completed() throws {
    let request = CARequest(
      commonName: "Renewed Center", key: .ecdsaP256, validFor: 3650 * day)
    let files = try CertificateAuthority.complete(
      request, encryptedKeyPEM: scene.files.encryptedKeyPEM,
      passphrase: TestCA.passphrase, now: noon)
    #expect(files.encryptedKeyPEM == scene.files.encryptedKeyPEM)
    try CertificateBundle(pem: files.certificatePEM).verify(
      leafPEM: scene.leaf().certificatePEM, as: .server, name: nil, at: noon)
    #expect(
      errorCode {
        _ = try CertificateAuthority.complete(
          request, encryptedKeyPEM: scene.files.encryptedKeyPEM, passphrase: Secret("wrong"),
          now: noon)
      } == .wrongPassphrase)
  }

  @Test("A key under a new passphrase opens only with that one")
  func resealed() throws {
    let key = try CAFiles.reseal(
      encryptedKeyPEM: scene.files.encryptedKeyPEM, passphrase: TestCA.passphrase,
      newPassphrase: Secret("new"))
    let files = CAFiles(certificatePEM: scene.files.certificatePEM, encryptedKeyPEM: key)
    #expect(
      try CertificateAuthority.unlock(files, passphrase: Secret("new")).facts
        == scene.ca.facts)
    #expect(
      errorCode {
        _ = try CertificateAuthority.unlock(files, passphrase: TestCA.passphrase)
      } == .wrongPassphrase)
    #expect(
      errorCode {
        _ = try CAFiles.reseal(
          encryptedKeyPEM: key, passphrase: Secret("new"), newPassphrase: Secret(""))
      } == .requestRefused)
  }
}
