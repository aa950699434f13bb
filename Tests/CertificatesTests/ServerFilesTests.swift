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
    for pem in [
      chain.leaf.pem + chain.middle.pem, chain.leaf.pem + chain.middle.pem + chain.root.pem,
    ] {
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
    #expect(problems.map(\.effect) == [.refusedByAll, .refusedByAll, .refusedByVisitors])
    #expect(
      problems[0].description.hasPrefix(
        "the certificate is not for other.example, a.b.shop.example but for shop.example,"
          + " *.shop.example: "))
    #expect(problems[1].description.contains("the certificate expired on "))
    #expect(
      problems[2].description.hasPrefix(
        "certificate 2 (\"Root\") did not issue any certificate before it: "))
    let early = try chain.leaf.time() - 61
    #expect(
      files.problems(names: [], at: early)[0].description.contains("the certificate is valid from ")
    )
  }

  @Test("A chain of more than 16 certificates is refused without looking for its order")
  func long() throws {
    let chain = try Chain()
    let time = try chain.leaf.time()
    let roots = try KnownRoots(CertificateBundle(pem: chain.root.pem))
    for (count, expected) in [(15, "is there twice"), (16, "the chain has 17 certificates")] {
      let bundle = try CertificateBundle(
        pem: chain.leaf.pem + Array(repeating: chain.middle.pem, count: count).joined())
      let found = bundle.problems(asServerFor: ["shop.example"], at: time, knowing: roots)
      #expect(found.count == (count == 16 ? 1 : 14) && "\(found)".contains(expected), "\(found)")
    }
  }

  @Test("A chain that starts with an issuer is out of order; another's key is a mismatch")
  func keys() throws {
    let chain = try Chain()
    let swapped = try ServerFiles(
      certificatePEM: chain.middle.pem + chain.leaf.pem, keyPEM: Secret(chain.leaf.key))
    #expect(errorCode { try swapped.checkKeyMatches() } == .chainOutOfOrder)
    #expect(swapped.problems(names: [], at: noon).map(\.effect) == [.refusedByNginx])
    let foreign = try ServerFiles(
      certificatePEM: chain.leaf.pem, keyPEM: Secret(chain.middle.key))
    #expect(foreign.problems(names: [], at: noon).map(\.effect) == [.refusedByNginx])
    #expect(errorCode { try foreign.checkKeyMatches() } == .keyMismatch)
  }

  @Test("A certificate for clients is refused by visitors, a weak key by nginx")
  func unusable() throws {
    let leaf = try TestCA.first().leaf(.client, names: ["edge-1.example"])
    let root = try TestCA.first().files.certificatePEM
    let client = try ServerFiles(
      certificatePEM: leaf.certificatePEM + root, keyPEM: leaf.privateKeyPEM)
    #expect(
      client.problems(names: ["edge-1.example"], at: noon).map(\.effect) == [.refusedByAll])
    let weak = try ForeignCertificate(
      "w", rsaBits: 1024, extensions: ForeignCertificate.server("w.example"))
    let files = try ServerFiles(certificatePEM: weak.pem, keyPEM: Secret(weak.key))
    #expect(
      files.problems(names: ["w.example"], at: try weak.time()).map(\.effect) == [.refusedByNginx])
  }

  @Test("A chain is complete if it ends at a root or below one that visitors know")
  func ends() throws {
    let chain = try Chain()
    let time = try chain.leaf.time()
    let known = try KnownRoots(CertificateBundle(pem: chain.root.pem))
    let other = try KnownRoots(
      CertificateBundle(pem: ForeignCertificate("Other", extensions: ForeignCertificate.ca).pem))
    for (pem, roots, expected) in [
      (chain.leaf.pem, nil, [.incomplete]), (chain.leaf.pem, known, [.incomplete]),
      (chain.leaf.pem + chain.middle.pem, nil, []), (chain.leaf.pem + chain.middle.pem, known, []),
      (chain.leaf.pem + chain.middle.pem, other, [.incomplete]),
      (chain.leaf.pem + chain.middle.pem + chain.root.pem, known, []),
      (chain.leaf.pem + chain.middle.pem + chain.root.pem, other, [.unknownRoot]),
    ] as [(String, KnownRoots?, [ChainProblem.Effect])] {
      let files = try ServerFiles(certificatePEM: pem, keyPEM: Secret(chain.leaf.key))
      #expect(
        files.problems(names: ["shop.example"], at: time, knowing: roots).map(\.effect) == expected)
    }
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
