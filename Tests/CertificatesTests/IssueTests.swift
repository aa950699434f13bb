import Certificates
import Testing

@Suite("Certificates that a CA refuses to sign")
struct IssueTests {
  @Test(
    "Names that are not DNS names, in particular those that would smuggle in another one",
    arguments: [
      "a.example,DNS:evil.example", "a.example\nDNS:evil.example", "a.example\0.evil.example",
      "DNS:a.example", "email:copy", "@section", "*.example", "A.example", "a_b.example",
      "größe.example", "a..example", ".example", "example.", "-a.example", "a-.example", "",
      "a b.example", "198.18.0.1", "::1", "a.\(String(repeating: "b", count: 64))",
      String(repeating: "abcdefg.", count: 32) + "x",
    ])
  func names(name: String) throws {
    let scene = try TestCA.first()
    #expect(errorCode { _ = try scene.leaf(names: ["good.example", name]) } == .requestRefused)
  }

  @Test("A leaf without a name")
  func noNames() throws {
    let scene = try TestCA.first()
    #expect(errorCode { _ = try scene.leaf(names: []) } == .requestRefused)
  }

  @Test(
    "Common names that are empty, too long, or not printable",
    arguments: ["", " a", "a ", "a\nb", "a\0b", "a\u{202E}b", String(repeating: "a", count: 65)])
  func commonNames(name: String) throws {
    let ca = try TestCA.first().ca
    let leaf = LeafRequest(
      role: .server, commonName: name, dnsNames: ["a.example"], key: .ecdsaP256, validFor: day)
    #expect(errorCode { _ = try ca.issue(leaf, now: noon) } == .requestRefused)
    for request in [
      CARequest(commonName: name, key: .ecdsaP256, validFor: day),
      CARequest(commonName: "a", organization: name, key: .ecdsaP256, validFor: day),
    ] {
      #expect(createError(request, "passphrase") == .requestRefused)
    }
  }

  @Test("Names with the syntax of distinguished names stay one name")
  func distinguishedNameSyntax() throws {
    let name = #"a/CN=b, O=c + OU=\d"#
    let leaf = try TestCA.first().ca.issue(
      LeafRequest(
        role: .client, commonName: name, dnsNames: ["a.example"], key: .ecdsaP256, validFor: day),
      now: noon)
    #expect(leaf.facts.commonName == name)
    let text = try OpenSSLCommand(
      ["x509", "-in", "leaf", "-noout", "-subject", "-nameopt", "sep_multiline"],
      files: ["leaf": leaf.certificatePEM])
    #expect(text.lines.count == 2)
  }

  @Test("An invalid country, and an empty passphrase")
  func caRequests() {
    for country in ["nl", "NLD", "", "N1"] {
      let request = CARequest(
        commonName: "a", country: country, key: .ecdsaP256, validFor: day)
      #expect(createError(request, "passphrase") == .requestRefused)
    }
    let good = CARequest(commonName: "a", key: .ecdsaP256, validFor: day)
    #expect(createError(good, "") == .requestRefused)
  }

  @Test(
    "Periods that are empty or leave the calendar",
    arguments: [(0, noon), (-1, noon), (.max, noon), (300_000_000_000, noon), (1, 0), (1, .max)]
      as [(Int64, Int64)])
  func periods(validFor: Int64, now: Int64) {
    let error = errorCode {
      _ = try CertificateAuthority.create(
        CARequest(commonName: "a", key: .ecdsaP256, validFor: validFor),
        passphrase: Secret("passphrase"), now: now)
    }
    #expect(error == .requestRefused)
  }

  @Test("Anything while the CA itself is not valid")
  func caValidity() throws {
    let scene = try TestCA("Brief Center", validFor: day)
    #expect(errorCode { _ = try scene.leaf(now: noon + day) } == .expired)
    #expect(errorCode { _ = try scene.leaf(now: noon - 3601) } == .notYetValid)
    #expect(try scene.leaf(now: noon + day - 1).facts.notAfter == noon + day)
  }

  @Test("Nothing, when many tasks ask at once")
  func concurrency() async throws {
    let scene = try TestCA.first()
    let bundle = try scene.bundle()
    let serials = try await withThrowingTaskGroup(of: [String].self) { group in
      for _ in 0..<8 {
        group.addTask {
          try (0..<25).map { _ in
            let leaf = try scene.leaf()
            try bundle.verify(
              leafPEM: leaf.certificatePEM, as: .server, name: "app-1.shop.example", at: noon)
            return leaf.facts.serial
          }
        }
      }
      return try await group.reduce(into: Set<String>()) { $0.formUnion($1) }
    }
    #expect(serials.count == 200)
  }

  private func createError(_ request: CARequest, _ passphrase: String)
    -> CertificateError.Code?
  {
    errorCode {
      _ = try CertificateAuthority.create(request, passphrase: Secret(passphrase), now: noon)
    }
  }
}
