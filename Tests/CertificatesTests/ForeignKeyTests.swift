import Certificates
import Foundation
import TestSupport
import Testing

@Suite("Keys of CAs that another program wrote")
struct ForeignKeyTests {
  private static let passphrase = "an old passphrase"

  /// The arguments of openssl after the name of the program and `-in key`, by the form of the key.
  static let commands: [String: [String]] = [
    "PKCS#8": ["pkcs8", "-topk8", "-nocrypt"],
    "PBES2": ["pkcs8", "-topk8", "-v2", "aes-256-cbc"],
    "PBES2 with scrypt": ["pkcs8", "-topk8", "-scrypt"],
    "PBES1 with 3DES": ["pkcs8", "-topk8", "-v1", "PBE-SHA1-3DES"],
    "PBES1 with DES": legacy + ["-v1", "PBE-MD5-DES"],
    "PBES1 with RC2": legacy + ["-v1", "PBE-SHA1-RC2-40"],
    "DEK-Info with AES": ["pkey", "-traditional", "-aes256"],
    "DEK-Info with 3DES": ["pkey", "-traditional", "-des3"],
    "traditional": ["pkey", "-traditional"],
  ]
  private static let legacy = ["pkcs8", "-provider", "legacy", "-provider", "default", "-topk8"]

  @Test(
    "each form of openssl is read and is the same key", arguments: commands.keys.sorted(),
    ["RSA", "EC"])
  func forms(_ form: String, _ kind: String) throws {
    let (ca, written) = try Self.make(form, kind)
    let isEncrypted = !["PKCS#8", "traditional"].contains(form)
    let pem = Secret(written)
    #expect(
      [.encrypted, .encryptedElsewise].contains(CAFiles.protection(ofForeignKey: pem))
        == isEncrypted)
    let key = try ForeignKey(
      pem: pem, passphrase: isEncrypted ? Secret(Self.passphrase) : nil, named: "ca.key")
    let imported = try ImportedCA(
      CertificateBundle(pem: ca.pem), chain: [], key: key, now: ca.time())
    #expect(imported.facts.commonName == "Company CA")
    guard isEncrypted else { return }
    for wrong in ["another", ""] {
      let error = error {
        _ = try ForeignKey(pem: pem, passphrase: Secret(wrong), named: "ca.key")
      }
      #expect(error?.code == .wrongPassphrase, "\(wrong): \("\(error as Any)")")
      #expect(error?.description.contains("ca.key") == true)
    }
  }

  /// A CA, and its key as openssl writes it in a form.
  private static func make(
    _ form: String, _ kind: String
  ) throws -> (ca: ForeignCertificate, key: String) {
    let ca = try ForeignCertificate(
      "Company CA", rsaBits: kind == "RSA" ? 2048 : nil, extensions: ForeignCertificate.signingCA)
    let run = try OpenSSLCommand(
      (commands[form] ?? []) + ["-in", "key", "-passout", "file:passphrase"],
      files: ["key": ca.key, "passphrase": passphrase])
    try #require(run.status == 0, "\(run.output)")
    return (ca, run.pem)
  }

  @Test("an encrypted key is encrypted again as PKCS#8 with AES-256 and 600,000 rounds of PBKDF2")
  func again() throws {
    let (ca, written) = try Self.make("DEK-Info with 3DES", "EC")
    let key = try ForeignKey(
      pem: Secret(written), passphrase: Secret(Self.passphrase), named: "ca.key")
    let imported = try ImportedCA(
      CertificateBundle(pem: ca.pem), chain: [], key: key, now: ca.time())
    let stored = try imported.encryptedKeyPEM(passphrase: Secret("new"))
    let parsed = try OpenSSLCommand(["asn1parse", "-in", "key"], files: ["key": stored]).output
    #expect(parsed.contains("PBKDF2") && parsed.contains("aes-256-cbc"), "\(parsed)")
    #expect(parsed.contains("INTEGER           :0927C0"), "\(parsed)")
    let opened = try CertificateAuthority.unlock(
      CAFiles(certificatePEM: imported.certificatePEM, encryptedKeyPEM: stored),
      passphrase: Secret("new"))
    #expect(opened.facts == imported.facts)
  }

  @Test("a key below its parameters or beside a certificate is found, and damage is reported")
  func surroundings() throws {
    let ca = try ForeignCertificate("Company CA", extensions: ForeignCertificate.signingCA)
    let parameters = try OpenSSLCommand(["ecparam", "-name", "prime256v1"]).pem
    for text in [parameters + ca.key, ca.pem + ca.key, ca.key.replacing("\n", with: "\r\n")] {
      _ = try ForeignKey(pem: Secret(text), passphrase: nil, named: "ca.key")
    }
    let damaged = ca.key.replacing("M", with: "N")
    for text in ["", "text", ca.pem, damaged] {
      #expect(
        errorCode { _ = try ForeignKey(pem: Secret(text), passphrase: nil, named: "k") }
          == .damagedKey)
    }
  }

  @Test("how a key is protected is said by the worst key of the file, and not by its label alone")
  func protection() throws {
    let ca = try TestCA.first()
    let plain = try ForeignCertificate("Company CA", extensions: ForeignCertificate.signingCA).key
    let sealed = ca.files.encryptedKeyPEM
    #expect(CAFiles.protection(ofKeyPEM: sealed) == .encrypted)
    #expect(CAFiles.protection(ofKeyPEM: sealed + plain) == .none)
    #expect(CAFiles.protection(ofKeyPEM: plain + sealed) == .none)
    let relabelled = plain.replacing("PRIVATE KEY", with: "ENCRYPTED PRIVATE KEY")
    #expect(CAFiles.protection(ofKeyPEM: relabelled) == .noKey)
    let (_, older) = try Self.make("DEK-Info with AES", "EC")
    #expect(CAFiles.protection(ofKeyPEM: older) == .encryptedElsewise)
    #expect(CAFiles.protection(ofKeyPEM: older + plain) == .none)
  }
}
