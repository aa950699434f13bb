import Certificates
import Foundation
import Testing

@Suite("The files of a CA")
struct CAFilesTests {
  @Test("The key is PKCS#8 under PBES2: AES-256-CBC and 600,000 rounds of PBKDF2-HMAC-SHA256")
  func scheme() throws {
    let files = ["key": try TestCA.first().files.encryptedKeyPEM]
    let structure = try OpenSSLCommand(["asn1parse", "-in", "key", "-i"], files: files).output
    for part in [":PBES2", ":PBKDF2", ":0927C0", ":hmacWithSHA256", ":aes-256-cbc"] {
      #expect(structure.contains(part))
    }
    let arguments = ["pkey", "-in", "key", "-noout", "-check", "-passin"]
    let right = "pass:" + TestCA.passphrase.text
    #expect(try OpenSSLCommand(arguments + [right], files: files).output == "Key is valid\n")
    #expect(try OpenSSLCommand(arguments + ["pass:wrong"], files: files).status != 0)
  }

  @Test("Two seals of one passphrase share neither salt nor key")
  func salt() throws {
    let (first, second) = (try TestCA.first(), try TestCA.second())
    #expect(first.files.encryptedKeyPEM != second.files.encryptedKeyPEM)
    let salts = try [first, second].map { scene in
      try OpenSSLCommand(
        ["asn1parse", "-in", "key"], files: ["key": scene.files.encryptedKeyPEM]
      ).lines.first { $0.contains("OCTET STRING") }
    }
    #expect(salts[0] != nil && salts[0] != salts[1])
  }

  @Test(
    "A wrong passphrase is reported as wrong",
    arguments: ["wrong", "", "correct horse battery staplE"])
  func wrongPassphrase(passphrase: String) throws {
    let files = try TestCA.first().files
    let error = error { _ = try CertificateAuthority.unlock(files, passphrase: Secret(passphrase)) }
    #expect(error?.code == .wrongPassphrase)
    #expect(error?.reason == "the passphrase is wrong")
    #expect(error?.libraryMessages.isEmpty == false)
  }

  @Test("A key file truncated at any byte is reported as damaged, with any passphrase")
  func truncatedKey() throws {
    let files = try TestCA.first().files
    for length in stride(from: 0, to: files.encryptedKeyPEM.count - 1, by: 5) {
      let cut = CAFiles(
        certificatePEM: files.certificatePEM,
        encryptedKeyPEM: String(files.encryptedKeyPEM.prefix(length)))
      #expect(unlockError(cut) == .damagedKey, "cut to \(length) characters")
    }
  }

  @Test("A key file with one changed character is reported as damaged, never as a wrong passphrase")
  func corruptedKey() throws {
    let files = try TestCA.first().files
    let pem = Array(files.encryptedKeyPEM)
    let digest = try #require(pem.firstIndex(of: ":")) + 2
    for index in digest..<endOfCertainty(pem) where pem[index].isLetter || pem[index].isNumber {
      var changed = pem
      changed[index] = pem[index] == "a" ? "b" : "a"
      let damaged = CAFiles(
        certificatePEM: files.certificatePEM, encryptedKeyPEM: String(changed))
      #expect(unlockError(damaged) == .damagedKey, "changed character \(index)")
    }
  }

  @Test("A truncated or changed CA certificate is refused")
  func damagedCertificate() throws {
    let scene = try TestCA.first()
    let pem = Array(scene.files.certificatePEM)
    var damaged = stride(from: 0, to: pem.count - 1, by: 5).map { String(pem.prefix($0)) }
    for index in 28..<endOfCertainty(pem) where pem[index] != "\n" {
      var changed = pem
      changed[index] = pem[index] == "A" ? "B" : "A"
      damaged.append(String(changed))
    }
    for text in damaged {
      let files = CAFiles(
        certificatePEM: text, encryptedKeyPEM: scene.files.encryptedKeyPEM)
      let code = unlockError(files)
      #expect(code == .damagedCertificate || code == .notACA, "\(text)")
    }
  }

  @Test("The key of another CA is a mismatch")
  func mismatch() throws {
    let mixed = CAFiles(
      certificatePEM: try TestCA.first().files.certificatePEM,
      encryptedKeyPEM: try TestCA.second().files.encryptedKeyPEM)
    #expect(unlockError(mixed) == .keyMismatch)
  }

  @Test("A CA made by openssl unlocks, and a wrong passphrase for it may also mean damage")
  func foreignFiles() throws {
    let foreign = try ForeignCertificate("Old Center", extensions: ForeignCertificate.ca)
    let files = try sealed(foreign.key, certificate: foreign.pem)
    let ca = try CertificateAuthority.unlock(files, passphrase: TestCA.passphrase)
    #expect(ca.facts.commonName == "Old Center")
    let error = error { _ = try CertificateAuthority.unlock(files, passphrase: Secret("no")) }
    #expect(error?.code == .wrongPassphrase)
    #expect(error?.reason == "the passphrase is wrong, or the file is damaged")
  }

  @Test("A key with a changed private half is damaged, although its public half matches")
  func inconsistentKey() throws {
    let foreign = try ForeignCertificate("Old Center", extensions: ForeignCertificate.ca)
    let lines = foreign.key.split(separator: "\n")
    var bytes = try #require(Data(base64Encoded: lines.dropFirst().dropLast().joined()))
    bytes[40] ^= 1  // Within the private scalar, which RFC 5915 puts before the public point.
    let key = "\(lines[0])\n\(bytes.base64EncodedString())\n\(lines[lines.count - 1])\n"
    #expect(unlockError(try sealed(key, certificate: foreign.pem)) == .damagedKey)
  }

  @Test("A certificate that is not a CA's, or a weak one, does not unlock")
  func refused() throws {
    let leaf = try ForeignCertificate("Leaf", extensions: ForeignCertificate.server("a.example"))
    #expect(unlockError(try sealed(leaf.key, certificate: leaf.pem)) == .notACA)
    let weak = try ForeignCertificate(
      "Weak", rsaBits: 1024, extensions: ForeignCertificate.ca)
    #expect(unlockError(try sealed(weak.key, certificate: weak.pem)) == .weakKey)
    let root = try ForeignCertificate("Root", extensions: ForeignCertificate.ca)
    let middle = try ForeignCertificate(
      "Middle", extensions: ForeignCertificate.ca, issuer: root)
    #expect(unlockError(try sealed(middle.key, certificate: middle.pem)) == .notACA)
  }

  private func unlockError(_ files: CAFiles) -> CertificateError.Code? {
    errorCode { _ = try CertificateAuthority.unlock(files, passphrase: TestCA.passphrase) }
  }

  /// Where the last four characters of Base64 start, in which some bits may have no meaning.
  private func endOfCertainty(_ pem: [Character]) -> Int {
    (pem.lastIndex(of: "\n").flatMap { pem[..<$0].lastIndex(of: "\n") } ?? 0) - 4
  }

  /// The key encrypted by openssl, without deploy's digest above it.
  private func sealed(_ key: String, certificate: String) throws -> CAFiles {
    let sealed = try OpenSSLCommand(
      ["pkcs8", "-topk8", "-in", "key", "-v2", "aes-256-cbc", "-passout", "file:passphrase"],
      files: ["key": key, "passphrase": TestCA.passphrase.text])
    return CAFiles(certificatePEM: certificate, encryptedKeyPEM: sealed.pem)
  }
}
