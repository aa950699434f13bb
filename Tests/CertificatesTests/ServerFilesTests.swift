import Certificates
import Testing

@Suite("A user's certificate and key for a server")
struct ServerFilesTests {
  private struct Chain {
    let root: ForeignCertificate
    let middle: ForeignCertificate
    let leaf: ForeignCertificate

    init() throws {
      root = try ForeignCertificate("Root", extensions: ForeignCertificate.ca)
      middle = try ForeignCertificate(
        "Middle", extensions: ForeignCertificate.ca, issuer: root)
      leaf = try ForeignCertificate(
        "shop.example", extensions: ForeignCertificate.server("shop.example", "*.shop.example"),
        issuer: middle)
    }
  }

  @Test("A chain in order, with its key, for names that it covers, has no problems")
  func good() throws {
    let chain = try Chain()
    let time = try chain.leaf.time()
    for pem in [chain.leaf.pem, chain.leaf.pem + chain.middle.pem + chain.root.pem] {
      let files = try ServerFiles(certificatePEM: pem, keyPEM: Secret(chain.leaf.key))
      #expect(files.problems(names: ["shop.example", "www.shop.example"], at: time).isEmpty)
      #expect(files.facts[0].dnsNames == ["shop.example", "*.shop.example"])
    }
  }

  @Test("Every problem is reported, each by name")
  func problems() throws {
    let chain = try Chain()
    let files = try ServerFiles(
      certificatePEM: chain.leaf.pem + chain.root.pem, named: "certs/shop.crt",
      keyPEM: Secret(chain.leaf.key))
    let late = try chain.leaf.time() + 31 * day
    let problems = files.problems(
      names: ["shop.example", "other.example", "a.b.shop.example"], at: late)
    #expect(problems.map(\.code) == [.nameMismatch, .nameMismatch, .expired, .chainOutOfOrder])
    let known = "shop.example, *.shop.example"
    #expect(
      problems.map(\.reason) == [
        "it is not for \"other.example\" but for \(known)",
        "it is not for \"a.b.shop.example\" but for \(known)",
        "it has expired; renew it",
        "certificate 2 in it did not issue certificate 1; "
          + "put the server's certificate first, then its issuer, then the issuer of that",
      ])
    #expect(problems.allSatisfy { $0.description == "cannot use certs/shop.crt: \($0.reason)" })
    let early = try chain.leaf.time() - 61
    #expect(files.problems(names: [], at: early).map(\.code) == [.notYetValid, .chainOutOfOrder])
  }

  @Test("A chain that starts with an issuer is out of order; another's key is a mismatch")
  func keys() throws {
    let chain = try Chain()
    let swapped = try ServerFiles(
      certificatePEM: chain.middle.pem + chain.leaf.pem, keyPEM: Secret(chain.leaf.key))
    #expect(swapped.problems(names: [], at: noon).map(\.code) == [.chainOutOfOrder])
    let foreign = try ServerFiles(
      certificatePEM: chain.leaf.pem, keyPEM: Secret(chain.middle.key))
    #expect(foreign.problems(names: [], at: noon).map(\.code) == [.keyMismatch])
    #expect(errorCode { try foreign.checkKeyMatches() } == .keyMismatch)
  }

  @Test("A client's certificate and a weak key are refused for a server")
  func unusable() throws {
    let leaf = try TestCA.first().leaf(.client, names: ["edge-1.example"])
    let client = try ServerFiles(certificatePEM: leaf.certificatePEM, keyPEM: leaf.privateKeyPEM)
    #expect(client.problems(names: ["edge-1.example"], at: noon).map(\.code) == [.wrongPurpose])
    let weak = try ForeignCertificate(
      "w", rsaBits: 1024, extensions: ForeignCertificate.server("w.example"))
    let files = try ServerFiles(certificatePEM: weak.pem, keyPEM: Secret(weak.key))
    #expect(files.problems(names: ["w.example"], at: try weak.time()).map(\.code) == [.weakKey])
  }

  @Test(
    "An encrypted key is reported as encrypted, in each of its forms, without asking for a passphrase",
    arguments: [
      ["pkcs8", "-topk8", "-in", "key", "-v2", "aes-256-cbc", "-passout", "pass:secret"],
      ["rsa", "-in", "key", "-aes256", "-traditional", "-passout", "pass:secret"],
    ])
  func encryptedKey(command: [String]) throws {
    let key = try OpenSSLCommand(["genpkey", "-algorithm", "RSA"]).pem
    let encrypted = try OpenSSLCommand(command, files: ["key": key]).pem
    let leaf = try TestCA.first().leaf()
    #expect(
      errorCode {
        _ = try ServerFiles(certificatePEM: leaf.certificatePEM, keyPEM: Secret(encrypted))
      } == .encryptedKey)
  }

  @Test(
    "The older forms of a key are read",
    arguments: [(2048, ["rsa", "-traditional"]), (nil, ["ec"])] as [(Int?, [String])])
  func olderForms(rsaBits: Int?, command: [String]) throws {
    let server = try ForeignCertificate(
      "s", rsaBits: rsaBits, extensions: ForeignCertificate.server("s.example"))
    let key = try OpenSSLCommand(command + ["-in", "key"], files: ["key": server.key]).pem
    #expect(key.hasPrefix("-----BEGIN \(rsaBits == nil ? "EC" : "RSA") PRIVATE KEY-----"))
    try ServerFiles(certificatePEM: server.pem, keyPEM: Secret(key)).checkKeyMatches()
  }

  @Test("A truncated key and a text that is not a key are damaged", arguments: [0, 30, 100, 200])
  func damagedKey(length: Int) throws {
    let leaf = try TestCA.first().leaf()
    let cut = Secret(String(leaf.privateKeyPEM.text.prefix(length)))
    for key in [cut, Secret(leaf.certificatePEM)] {
      #expect(
        errorCode { _ = try ServerFiles(certificatePEM: leaf.certificatePEM, keyPEM: key) }
          == .damagedKey)
    }
  }
}
