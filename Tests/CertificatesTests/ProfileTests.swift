import Certificates
import Testing

@Suite("Certificate profile, read with openssl")
struct ProfileTests {
  @Test(
    "A CA signs itself, may sign leaves but no further CA, and passes strict verifiers",
    arguments: KeyAlgorithm.allCases)
  func ca(key: KeyAlgorithm) throws {
    let files = try CertificateAuthority.create(
      CARequest(
        commonName: "Größe & Co", country: "NL", organization: "Shop, Inc.",
        organizationalUnit: "Web", locality: "Delft", state: "ZH", key: key,
        validFor: 3650 * day),
      passphrase: TestCA.passphrase, now: noon)
    let text = try OpenSSLCommand(
      ["x509", "-in", "ca", "-noout", "-text", "-nameopt", "RFC2253,-esc_msb"],
      files: ["ca": files.certificatePEM])
    let name = #"CN=Größe & Co,OU=Web,O=Shop\, Inc.,L=Delft,ST=ZH,C=NL"#
    #expect(text.lines.contains("Subject: \(name)"))
    #expect(text.lines.contains("Issuer: \(name)"))
    #expect(text.lines.contains("Version: 3 (0x2)"))
    #expect(text.lines.contains(Self.keyLine[key] ?? "no such line"))
    #expect(text.lines.filter { $0.hasPrefix("Signature Algorithm:") }.count == 2)
    #expect(text.lines.contains("Signature Algorithm: \(Self.signature[key] ?? "")"))
    #expect(
      text.lines.filter { $0.hasPrefix("X509v3 ") } == [
        "X509v3 extensions:", "X509v3 Basic Constraints: critical", "X509v3 Key Usage: critical",
        "X509v3 Subject Key Identifier:",
      ])
    #expect(text.block("X509v3 Basic Constraints") == ["CA:TRUE, pathlen:0"])
    #expect(text.block("X509v3 Key Usage") == ["Certificate Sign, CRL Sign"])
    let verified = try OpenSSLCommand(
      [
        "verify", "-x509_strict", "-auth_level", "2", "-check_ss_sig", "-attime", "\(noon)",
        "-CAfile", "ca", "ca",
      ], files: ["ca": files.certificatePEM])
    #expect(verified.output == "ca: OK\n")

    let unlocked = try CertificateAuthority.unlock(files, passphrase: TestCA.passphrase)
    #expect(unlocked.facts.keyAlgorithm == key.rawValue)
    #expect(unlocked.facts.isCA)
    #expect(unlocked.facts.notBefore == noon - 3600)
    #expect(unlocked.facts.notAfter == noon + 3650 * day)
    let leaf = try unlocked.issue(
      LeafRequest(
        role: .server, commonName: "a", dnsNames: ["a.example"], key: .ecdsaP256, validFor: day),
      now: noon)
    #expect(try verify(leaf.certificatePEM, files.certificatePEM, "sslserver").status == 0)
  }

  @Test(
    "A leaf contains exactly what its role needs",
    arguments: [KeyAlgorithm.ecdsaP256, .ecdsaP384, .rsa3072, .ed25519], CertificateRole.allCases)
  func leaf(key: KeyAlgorithm, role: CertificateRole) throws {
    let scene = try TestCA.first()
    let leaf = try scene.leaf(role, names: ["app-1.shop.example", "shop.example"], key: key)
    let text = try OpenSSLCommand(
      ["x509", "-in", "leaf", "-noout", "-text"], files: ["leaf": leaf.certificatePEM])
    #expect(text.lines.contains("Subject: CN = app-1"))
    #expect(text.lines.contains("Issuer: CN = Shop Center 1"))
    #expect(text.lines.contains("Version: 3 (0x2)"))
    #expect(text.lines.contains(Self.keyLine[key] ?? "no such line"))
    #expect(
      text.lines.filter { $0.hasPrefix("X509v3 ") } == [
        "X509v3 extensions:", "X509v3 Basic Constraints: critical", "X509v3 Key Usage: critical",
        "X509v3 Extended Key Usage:", "X509v3 Subject Alternative Name:",
        "X509v3 Subject Key Identifier:", "X509v3 Authority Key Identifier:",
      ])
    #expect(text.block("X509v3 Basic Constraints") == ["CA:FALSE"])
    #expect(text.block("X509v3 Key Usage") == ["Digital Signature"])
    let usage = ["TLS Web \(role == .server ? "Server" : "Client") Authentication"]
    #expect(text.block("X509v3 Extended Key Usage") == usage)
    #expect(
      text.block("X509v3 Subject Alternative Name")
        == ["DNS:app-1.shop.example, DNS:shop.example"])
    let identifiers = [
      text.block("X509v3 Subject Key Identifier"), text.block("X509v3 Authority Key Identifier"),
    ].map { $0.map { $0.filter { $0 != ":" }.lowercased() } }
    #expect(identifiers[0] == [leaf.facts.subjectKeyIdentifier])
    #expect(identifiers[1] == [leaf.facts.authorityKeyIdentifier])
    #expect(leaf.facts.authorityKeyIdentifier == scene.ca.facts.subjectKeyIdentifier)

    let (right, wrong) =
      role == .server ? ("sslserver", "sslclient") : ("sslclient", "sslserver")
    #expect(try verify(leaf.certificatePEM, scene.files.certificatePEM, right).status == 0)
    #expect(
      try verify(leaf.certificatePEM, scene.files.certificatePEM, wrong).output
        .contains("error 26 at 0 depth lookup"))
  }

  @Test("The dates are in UTC, an hour early, and to the second")
  func dates() throws {
    let leaf = try TestCA.first().leaf(validFor: 30 * day)
    let text = try OpenSSLCommand(
      ["x509", "-in", "leaf", "-noout", "-dates", "-dateopt", "iso_8601"],
      files: ["leaf": leaf.certificatePEM])
    #expect(text.lines == ["notBefore=2027-01-15 07:00:00Z", "notAfter=2027-02-14 08:00:00Z"])
  }

  @Test("A leaf ends no later than its CA")
  func clipping() throws {
    let scene = try TestCA("Brief Center", validFor: 10 * day)
    #expect(try scene.leaf(validFor: 9 * day).facts.notAfter == noon + 9 * day)
    #expect(try scene.leaf(validFor: 365 * day).facts.notAfter == noon + 10 * day)
    #expect(scene.ca.facts.notAfter == noon + 10 * day)
  }

  @Test("A certificate may end after 2049, when X.509 changes its form of dates")
  func farDates() throws {
    let scene = try TestCA("Far Center", validFor: 36_500 * day)
    #expect(scene.ca.facts.notAfter == noon + 36_500 * day)
    let text = try OpenSSLCommand(
      ["x509", "-in", "ca", "-noout", "-enddate"], files: ["ca": scene.files.certificatePEM])
    #expect(text.lines == ["notAfter=Dec 22 08:00:00 2126 GMT"])
  }

  @Test("Serials are 128 bits, odd for servers, even for clients, and never the same")
  func serials() throws {
    let scene = try TestCA.first()
    var seen: Set<String> = []
    for role in CertificateRole.allCases {
      for _ in 0..<40 {
        let serial = try scene.leaf(role).facts.serial
        let (first, last) = (serial.first?.hexDigitValue, serial.last?.hexDigitValue)
        #expect(serial.utf8.count == 32)
        #expect((4...7).contains(try #require(first)))
        #expect(try #require(last) % 2 == (role == .server ? 1 : 0))
        seen.insert(serial)
      }
    }
    #expect(seen.count == 80)
    let leaf = try scene.leaf()
    let text = try OpenSSLCommand(
      ["x509", "-in", "leaf", "-noout", "-serial"], files: ["leaf": leaf.certificatePEM])
    #expect(text.lines == ["serial=\(leaf.facts.serial.uppercased())"])
  }

  @Test(
    "A leaf's key is unencrypted PKCS#8 and belongs to its certificate",
    arguments: [KeyAlgorithm.ecdsaP256, .ecdsaP384, .rsa3072, .ed25519])
  func leafKey(key: KeyAlgorithm) throws {
    let leaf = try TestCA.first().leaf(key: key)
    #expect(leaf.privateKeyPEM.text.hasPrefix("-----BEGIN PRIVATE KEY-----\n"))
    let files = ["key": leaf.privateKeyPEM.text, "leaf": leaf.certificatePEM]
    let ofKey = try OpenSSLCommand(["pkey", "-in", "key", "-pubout"], files: files)
    let ofLeaf = try OpenSSLCommand(["x509", "-in", "leaf", "-noout", "-pubkey"], files: files)
    #expect(ofKey.output == ofLeaf.output)
    #expect(ofKey.output.hasPrefix("-----BEGIN PUBLIC KEY-----"))
    #expect(
      try OpenSSLCommand(["pkey", "-in", "key", "-noout", "-check"], files: files).status == 0)
  }

  private func verify(_ leaf: String, _ trusted: String, _ purpose: String) throws -> OpenSSLCommand
  {
    try OpenSSLCommand(
      [
        "verify", "-x509_strict", "-auth_level", "2", "-purpose", purpose, "-attime", "\(noon)",
        "-CAfile", "ca", "leaf",
      ], files: ["ca": trusted, "leaf": leaf])
  }

  private static let keyLine: [KeyAlgorithm: String] = [
    .ecdsaP256: "NIST CURVE: P-256", .ecdsaP384: "NIST CURVE: P-384",
    .rsa3072: "Public-Key: (3072 bit)", .rsa4096: "Public-Key: (4096 bit)",
    .ed25519: "Public Key Algorithm: ED25519",
  ]

  private static let signature: [KeyAlgorithm: String] = [
    .ecdsaP256: "ecdsa-with-SHA256", .ecdsaP384: "ecdsa-with-SHA384",
    .rsa3072: "sha256WithRSAEncryption", .rsa4096: "sha384WithRSAEncryption",
    .ed25519: "ED25519",
  ]
}
