import Certificates
import Testing

@Suite("Secrets and digests")
struct SecretTests {
  /// Whether the text occurs in any form in which Swift can print a value.
  private func isPrinted(_ text: String, by value: Any) -> Bool {
    var dumped = ""
    dump(value, to: &dumped)
    return [String(describing: value), String(reflecting: value), "\(value)", dumped]
      .contains { $0.contains(text) }
  }

  @Test("A secret is not printed, neither alone nor inside other values")
  func notPrinted() throws {
    let poison = "poison-4711"
    let secret = Secret(poison)
    #expect(secret.text == poison)
    #expect("\(secret)" == "«secret»")
    #expect(!isPrinted(poison, by: secret))
    #expect(!isPrinted(poison, by: [secret as Secret?]))
    #expect(!isPrinted(poison, by: (1, secret)))

    let leaf = try TestCA.first().leaf()
    let line = String(leaf.privateKeyPEM.text.split(separator: "\n")[1])
    #expect(!isPrinted(line, by: leaf))
    #expect(!isPrinted("PRIVATE KEY", by: try TestCA.first().ca))
  }

  @Test("The search for printed secrets finds a planted one")
  func planted() {
    struct Careless {
      let passphrase: String
    }
    #expect(isPrinted("poison-4711", by: Careless(passphrase: "poison-4711")))
    #expect(isPrinted("poison-4711", by: [Optional("poison-4711")]))
  }

  @Test("No error contains the passphrase or the key that it is about")
  func errors() throws {
    let files = try TestCA.first().files
    let wrong = error {
      _ = try CertificateAuthority.unlock(files, passphrase: Secret("poison-4711"))
    }
    #expect(!isPrinted("poison-4711", by: try #require(wrong)))
    let broken = error {
      _ = try ServerFiles(
        certificatePEM: files.certificatePEM,
        keyPEM: Secret("-----BEGIN PRIVATE KEY-----\npoison4711\n-----END PRIVATE KEY-----\n"))
    }
    #expect(!isPrinted("poison4711", by: try #require(broken)))
  }

  @Test("A secret may have no bytes")
  func empty() {
    #expect(Secret("").isEmpty)
    #expect(Secret("").text == "")
  }

  @Test("An error's text names the action, the object, the reason and OpenSSL's own message")
  func errorText() throws {
    let scene = try TestCA.first()
    let unsuitable = error {
      try scene.bundle().verify(
        leafPEM: try scene.leaf().certificatePEM, as: .client, name: nil,
        at: noon)
    }
    #expect(
      unsuitable?.description == """
        cannot verify the client certificate "app-1": it is not for this end of a connection \
        (verify error 26: unsuitable certificate purpose, at depth 0)
        """)
    let damaged = error { _ = try CertificateFacts.read(pem: "-----BEGIN", named: "certs/a.crt") }
    #expect(
      damaged?.description == """
        cannot read certs/a.crt: block 1 of 1 is not a certificate, or it is damaged \
        (OpenSSL: error:0480006C:PEM routines::no start line (Expecting: CERTIFICATE))
        """)
  }
}
