import Certificates
import Testing

@Suite("CA bundle verification")
struct VerificationTests {
  @Test("A leaf of the CA is valid for its role and its names", arguments: CertificateRole.allCases)
  func accepted(role: CertificateRole) throws {
    let scene = try TestCA.first()
    let leaf = try scene.leaf(role, names: ["a.example", "b.example"]).certificatePEM
    for name in [nil, "a.example", "b.example", "B.EXAMPLE"] {
      try scene.bundle().verify(leafPEM: leaf, as: role, name: name, at: noon)
    }
  }

  @Test("A leaf is refused in the other role", arguments: CertificateRole.allCases)
  func purpose(role: CertificateRole) throws {
    let scene = try TestCA.first()
    let leaf = try scene.leaf(role).certificatePEM
    let other: CertificateRole = role == .server ? .client : .server
    let error = error {
      try scene.bundle().verify(leafPEM: leaf, as: other, name: nil, at: noon)
    }
    #expect(error?.code == .wrongPurpose)
    #expect(error?.verification?.number == 26)
  }

  @Test(
    "A leaf is refused for another name",
    arguments: ["c.example", "app-1", "example", "sub.a.example"])
  func name(name: String) throws {
    let scene = try TestCA.first()
    let leaf = try scene.leaf(names: ["a.example", "b.example"]).certificatePEM
    let error = error {
      try scene.bundle().verify(leafPEM: leaf, as: .server, name: name, at: noon)
    }
    #expect(error?.code == .nameMismatch)
    #expect(error?.verification?.number == 62)
    #expect(error?.reason == "it is not for \"\(name)\"")
  }

  @Test("An empty name does not disable the check", arguments: ["", "a.example\0.evil.example"])
  func emptyName(name: String) throws {
    let scene = try TestCA.first()
    let leaf = try scene.leaf(names: ["a.example"]).certificatePEM
    #expect(
      errorCode { try scene.bundle().verify(leafPEM: leaf, as: .server, name: name, at: noon) }
        == .requestRefused)
  }

  @Test("A leaf is valid only within its dates")
  func time() throws {
    let scene = try TestCA.first()
    let leaf = try scene.leaf(validFor: 10 * day).certificatePEM
    func code(at time: Int64) throws -> CertificateError.Code? {
      errorCode { try scene.bundle().verify(leafPEM: leaf, as: .server, name: nil, at: time) }
    }
    try scene.bundle().verify(leafPEM: leaf, as: .server, name: nil, at: noon - 3600)
    try scene.bundle().verify(leafPEM: leaf, as: .server, name: nil, at: noon + 10 * day - 1)
    #expect(try code(at: noon - 3601) == .notYetValid)
    #expect(try code(at: noon + 10 * day) == .expired)
  }

  @Test("A leaf of another CA is refused, even if the CA has the same name")
  func otherCA() throws {
    let (first, second) = (try TestCA.first(), try TestCA.second())
    let leaf = try second.leaf().certificatePEM
    let connection = error {
      try first.bundle().verify(leafPEM: leaf, as: .server, name: nil, at: noon)
    }
    #expect(connection?.code == .chainNotVerified)
    #expect(connection?.verification?.number == 20)
    let impostor = try TestCA("Shop Center 1").leaf().certificatePEM
    #expect(
      errorCode { try first.bundle().verify(leafPEM: impostor, as: .server, name: nil, at: noon) }
        == .chainNotVerified)
  }

  @Test("A bundle of both generations of a CA verifies both, in either order")
  func generations() throws {
    let (first, second) = (try TestCA.first(), try TestCA.second())
    let texts = [first.files.certificatePEM, second.files.certificatePEM]
    for pem in [texts.joined(), texts.reversed().joined(separator: "\n# the old one\n")] {
      let bundle = try CertificateBundle(pem: pem)
      #expect(bundle.facts.count == 2)
      for scene in [first, second] {
        try bundle.verify(
          leafPEM: try scene.leaf().certificatePEM, as: .server, name: nil, at: noon)
      }
    }
  }

  @Test("A leaf with a changed signature is refused")
  func signature() throws {
    let scene = try TestCA.first()
    var pem = Array(try scene.leaf(key: .ed25519).certificatePEM)
    let inSignature = pem.count - "==\n-----END CERTIFICATE-----\n".count - 10
    pem[inSignature] = pem[inSignature] == "A" ? "B" : "A"
    let error = error {
      try scene.bundle().verify(leafPEM: String(pem), as: .server, name: nil, at: noon)
    }
    #expect(error?.code == .chainNotVerified)
    #expect(error?.verification?.number == 7)
  }

  @Test("An intermediate that comes with the leaf is used")
  func intermediate() throws {
    let root = try ForeignCertificate("Root", extensions: ForeignCertificate.ca)
    let middle = try ForeignCertificate(
      "Middle", extensions: ForeignCertificate.ca, issuer: root)
    let leaf = try ForeignCertificate(
      "Leaf", extensions: ForeignCertificate.server("a.example"), issuer: middle)
    let time = try leaf.time()
    let bundle = try CertificateBundle(pem: root.pem)
    try bundle.verify(
      leafPEM: leaf.pem + middle.pem, as: .server, name: "a.example", at: time)
    let alone = error {
      try bundle.verify(leafPEM: leaf.pem, as: .server, name: "a.example", at: time)
    }
    #expect(alone?.verification?.number == 20)
  }

  @Test("A CA with path length 0 cannot verify the leaves of another CA")
  func pathLength() throws {
    let root = try ForeignCertificate(
      "Root",
      extensions: ["basicConstraints=critical,CA:TRUE,pathlen:0", "keyUsage=critical,keyCertSign"])
    let middle = try ForeignCertificate(
      "Middle", extensions: ForeignCertificate.ca, issuer: root)
    let leaf = try ForeignCertificate(
      "Leaf", extensions: ForeignCertificate.server("a.example"), issuer: middle)
    let time = try leaf.time()
    let error = error {
      try CertificateBundle(pem: root.pem).verify(
        leafPEM: leaf.pem + middle.pem, as: .server, name: nil, at: time)
    }
    #expect(error?.code == .chainNotVerified)
    #expect(error?.verification?.number == 25)
  }

  @Test(
    "A certificate that violates RFC 5280 is refused, but not because of its CA's own formalities")
  func strict() throws {
    let root = try ForeignCertificate(
      "Root", extensions: ["basicConstraints=CA:TRUE", "keyUsage=critical,keyCertSign"])
    let leaf = try ForeignCertificate(
      "Leaf", extensions: ForeignCertificate.server("a.example"), issuer: root)
    let time = try leaf.time()
    // As easy-rsa's CA, which nginx accepts.
    try CertificateBundle(pem: root.pem).verify(
      leafPEM: leaf.pem, as: .server, name: nil, at: time)
    let noIdentifier = try ForeignCertificate(
      "Leaf",
      extensions: ForeignCertificate.server("a.example") + ["authorityKeyIdentifier=none"],
      issuer: root)
    let error = error {
      try CertificateBundle(pem: root.pem).verify(
        leafPEM: noIdentifier.pem, as: .server, name: nil, at: time)
    }
    #expect(error?.code == .chainNotVerified)
    #expect(error?.verification?.text == "Missing Authority Key Identifier")
  }

  @Test("A leaf with a weak key is refused")
  func weakKey() throws {
    let root = try ForeignCertificate("Root", extensions: ForeignCertificate.ca)
    let leaf = try ForeignCertificate(
      "Leaf", rsaBits: 1024, extensions: ForeignCertificate.server("a.example"), issuer: root)
    let time = try leaf.time()
    #expect(
      errorCode {
        try CertificateBundle(pem: root.pem).verify(
          leafPEM: leaf.pem, as: .server, name: nil, at: time)
      } == .weakKey)
  }
}
