import Certificates
import Testing

@Suite("Contents of certificates")
struct CertificateFactsTests {
  @Test("The facts agree with the openssl program")
  func facts() throws {
    let leaf = try TestCA.first().leaf(names: ["b.example", "a.example"])
    let facts = try CertificateFacts.read(pem: leaf.certificatePEM)
    #expect(facts == leaf.facts)
    #expect(facts.commonName == "app-1")
    #expect(facts.issuerCommonName == "Shop Center 1")
    #expect(facts.dnsNames == ["b.example", "a.example"])
    #expect(facts.notBefore == noon - 3600)
    #expect(facts.notAfter == noon + 365 * day)
    #expect(!facts.isCA)
    #expect(facts.keyAlgorithm == "ecdsa-p256")
    let text = try OpenSSLCommand(
      ["x509", "-in", "leaf", "-noout", "-fingerprint", "-sha256"],
      files: ["leaf": leaf.certificatePEM])
    let fingerprint = text.output.split(separator: "=")[1].lowercased().filter(\.isHexDigit)
    #expect(facts.fingerprint == fingerprint)
  }

  @Test("A certificate without names, identifiers or extensions has facts")
  func bare() throws {
    let bare = try ForeignCertificate("x", extensions: ["subjectAltName=IP:198.18.0.1"])
    #expect(try CertificateFacts.read(pem: bare.pem).dnsNames == [])
    #expect(try CertificateFacts.read(pem: bare.pem).isCA == false)
  }

  @Test("Characters that would steer a terminal are replaced")
  func controls() throws {
    let evil = try ForeignCertificate("a\u{1B}[2Jb", extensions: [])
    #expect(try CertificateFacts.read(pem: evil.pem).commonName == "a\u{FFFD}[2Jb")
  }

  @Test("A bundle is read in its order, and each certificate encoded again")
  func bundle() throws {
    let texts = [
      try TestCA.first().files.certificatePEM,
      try TestCA.second().files.certificatePEM,
    ]
    let noisy =
      "# first\r\n" + texts[0].split(separator: "\n").joined(separator: "\r\n")
      + "\r\n\nsecond:\n" + texts[1] + "the end"
    let bundle = try CertificateBundle(pem: noisy)
    #expect(try bundle.canonicalPEM() == texts)
    #expect(
      try CertificateFacts.readAll(pem: noisy).map(\.commonName)
        == ["Shop Center 1", "Shop Center 2"])
  }

  @Test("A bundle that is damaged at any place is refused, not read as a smaller one")
  func damagedBundle() throws {
    let first = try TestCA.first()
    let second = try TestCA.second().files.certificatePEM
    let bundle = first.files.certificatePEM + second
    let damaged = [
      "", "no certificate at all\n", String(bundle.dropLast(20)),
      String(bundle.dropLast(second.count - 30)),
      bundle.replacing(
        "-----END CERTIFICATE-----\n-----BEGIN", with: "-----END CERTIFICATE----------BEGIN"),
      first.files.certificatePEM + second.replacing("BEGIN CERTIFICATE", with: "BEGIN CERTIFICAT"),
      first.files.certificatePEM + (try first.leaf().privateKeyPEM.text),
      first.files.certificatePEM + first.files.encryptedKeyPEM,
    ]
    for text in damaged {
      #expect(errorCode { _ = try CertificateBundle(pem: text) } == .damagedCertificate, "\(text)")
    }
  }

  @Test("A text with several certificates is refused where one is expected")
  func one() throws {
    let pem = try TestCA.first().files.certificatePEM
    #expect(errorCode { _ = try CertificateFacts.read(pem: pem + pem) } == .damagedCertificate)
  }
}
