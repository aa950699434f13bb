import Certificates
import Testing

@Suite("Revocation lists, read with openssl")
struct RevocationListTests {
  @Test("A list contains what was revoked, when and why, and is valid as long as its CA")
  func contents() throws {
    let scene = try TestCA.first()
    let serials = ["4f", "008001", "40112233445566778899aabbccddeeff"]
    let revoked = zip(serials, [RevocationReason.unspecified, .keyCompromise, .superseded]).map {
      RevokedCertificate(serial: $0, revokedAt: noon - 60, reason: $1)
    }
    let list = try scene.ca.revocationList(of: revoked, now: noon)
    #expect(list.number == noon)
    #expect(list.nextUpdate == scene.ca.facts.notAfter)
    #expect(list.thisUpdate == noon - 3600)
    #expect(
      list.revoked.map(\.serial).sorted()
        == ["4f", "8001", "40112233445566778899aabbccddeeff"].sorted())

    let text = try OpenSSLCommand(
      ["crl", "-in", "crl", "-noout", "-text", "-CAfile", "ca"],
      files: ["crl": list.pem, "ca": scene.files.certificatePEM])
    #expect(text.lines.contains("verify OK"))
    #expect(text.lines.contains("Version 2 (0x1)"))
    #expect(text.lines.contains("Issuer: CN = Shop Center 1"))
    #expect(text.lines.contains("Next Update: Jan 12 08:00:00 2037 GMT"))
    #expect(text.block("X509v3 CRL Number") == ["\(noon)"])
    let key = text.block("X509v3 Authority Key Identifier").map { $0.filter { $0 != ":" } }
    #expect(key.map { $0.lowercased() } == [scene.ca.facts.subjectKeyIdentifier])
    let entries = text.lines.filter { $0.hasPrefix("Serial Number:") || $0.hasPrefix("Revocation") }
    #expect(entries.count == 6)
    #expect(entries.contains("Revocation Date: Jan 15 07:59:00 2027 GMT"))
    #expect(
      text.lines.filter { ["Key Compromise", "Superseded", "Unspecified"].contains($0) }.sorted()
        == ["Key Compromise", "Superseded"])
  }

  @Test("Lists are valid for every kind of key", arguments: KeyAlgorithm.allCases)
  func keys(key: KeyAlgorithm) throws {
    let scene = try TestCA("Center of \(key.rawValue)", key: key)
    let list = try scene.ca.revocationList(of: [], now: noon)
    #expect(list.revoked == [])
    let checked = try OpenSSLCommand(
      ["crl", "-in", "crl", "-noout", "-CAfile", "ca"],
      files: ["crl": list.pem, "ca": scene.files.certificatePEM])
    #expect(checked.output == "verify OK\n")
  }

  @Test("A verifier refuses exactly the revoked certificates, until the CA ends")
  func verification() throws {
    let scene = try TestCA.first()
    let (bad, good) = (try scene.leaf(), try scene.leaf(validFor: 36_500 * day))
    let list = try scene.ca.revocationList(
      of: [.init(serial: bad.facts.serial, revokedAt: noon, reason: .keyCompromise)], now: noon)
    func verify(_ leaf: IssuedLeaf, at time: Int64) throws -> String {
      try OpenSSLCommand(
        [
          "verify", "-x509_strict", "-crl_check_all", "-attime", "\(time)", "-CAfile", "ca",
          "-CRLfile", "crl", "leaf",
        ],
        files: [
          "ca": scene.files.certificatePEM, "crl": list.pem, "leaf": leaf.certificatePEM,
        ]
      ).output
    }
    #expect(try verify(good, at: noon) == "leaf: OK\n")
    #expect(try verify(bad, at: noon).contains("error 23 at 0 depth lookup: certificate revoked"))
    #expect(try verify(good, at: scene.ca.facts.notAfter - 1) == "leaf: OK\n")
  }

  @Test("A list is read again as it was written")
  func reading() throws {
    let scene = try TestCA.first()
    let list = try scene.ca.revocationList(
      of: [.init(serial: "4f11", revokedAt: noon, reason: .cessationOfOperation)], now: noon)
    let again = try RevocationList(
      pem: list.pem, signedBy: scene.files.certificatePEM, named: "a list")
    #expect(again == list)
    #expect(
      again.revoked == [.init(serial: "4f11", revokedAt: noon, reason: .cessationOfOperation)])
  }

  @Test("A list of another CA, or a damaged one, is refused")
  func refused() throws {
    let list = try TestCA.first().ca.revocationList(of: [], now: noon)
    let other = try TestCA.second().files.certificatePEM
    #expect(
      errorCode { _ = try RevocationList(pem: list.pem, signedBy: other, named: "a list") }
        == .damagedRevocationList)
    let own = try TestCA.first().files.certificatePEM
    for length in stride(from: 0, to: list.pem.count - 1, by: 7) {
      let cut = String(list.pem.prefix(length))
      #expect(
        errorCode { _ = try RevocationList(pem: cut, signedBy: own, named: "a list") }
          == .damagedRevocationList, "cut to \(length) characters")
    }
  }

  @Test("A text that is not a serial number is refused", arguments: ["", "4g", "-4f", "4f 50"])
  func serial(text: String) throws {
    let scene = try TestCA.first()
    #expect(
      errorCode {
        _ = try scene.ca.revocationList(
          of: [.init(serial: text, revokedAt: noon, reason: .unspecified)], now: noon)
      } == .requestRefused)
  }

  @Test("An expired CA signs no list")
  func ended() throws {
    let scene = try TestCA.first()
    let end = scene.ca.facts.notAfter
    #expect(
      errorCode { _ = try scene.ca.revocationList(of: [], now: end) } == .expired)
    #expect(try scene.ca.revocationList(of: [], now: end - 1).nextUpdate == end)
  }
}
