import Certificates
import TestSupport
import Testing

@Suite("CAs that another program created")
struct ImportedCATests {
  private static let plainCA = ForeignCertificate.signingCA

  private func read(
    _ ca: ForeignCertificate, beside: [ForeignCertificate] = [], chain: [ForeignCertificate] = [],
    key: String? = nil, at time: Int64? = nil
  ) throws -> ImportedCA {
    try ImportedCA(
      CertificateBundle(pem: (beside + [ca]).map(\.pem).joined(), named: "ca.crt"),
      chain: chain.map { try CertificateBundle(pem: $0.pem) },
      key: ForeignKey(pem: Secret(key ?? ca.key), passphrase: nil, named: "ca.key"),
      now: time ?? ca.time())
  }

  @Test("an intermediate is found by its key, and its root in the same file or in the chain")
  func chain() throws {
    let root = try ForeignCertificate("Root", extensions: Self.plainCA)
    let other = try ForeignCertificate("Other", extensions: Self.plainCA)
    let ca = try ForeignCertificate("Company CA", extensions: Self.plainCA, issuer: root)
    for imported in [
      try read(ca, chain: [other, root]), try read(ca, beside: [root, other]),
    ] {
      let names = try CertificateFacts.readAll(pem: imported.certificatePEM).map(\.commonName)
      #expect(names == ["Company CA", "Root"] && imported.root?.commonName == "Root")
    }
    #expect(try read(root, chain: [ca]).root == nil)
    let missing = error { _ = try read(ca, chain: [other]) }
    #expect(missing?.description.contains("its issuer \"Root\" is missing") == true)
    let third = try ForeignCertificate("Third", extensions: Self.plainCA, issuer: ca)
    let long = error { _ = try read(third, chain: [root, ca]) }
    #expect(long?.description.contains("there are 2 CAs above it") == true, "\("\(long as Any)")")
  }

  @Test("a certificate that cannot be a fleet's CA is refused with the reason")
  func refused() throws {
    let good = try ForeignCertificate("Company CA", extensions: Self.plainCA)
    func reason(_ body: () throws -> Void) -> String { error(body)?.description ?? "" }
    func reason(_ extensions: String...) throws -> String {
      let ca = try ForeignCertificate("Company CA", extensions: extensions)
      return reason { _ = try read(ca) }
    }
    let identifier = "subjectKeyIdentifier=hash"
    let isCA = "basicConstraints=critical,CA:TRUE"
    let other = try ForeignCertificate("Other", extensions: Self.plainCA)
    #expect(
      reason { _ = try read(good, key: other.key) }.contains("the key of another certificate"))
    #expect(
      try reason("basicConstraints=critical,CA:FALSE", identifier).contains(
        "not the certificate of a CA"))
    #expect(
      try reason(isCA, identifier, "keyUsage=critical,keyCertSign").contains("lacks cRLSign"))
    #expect(
      try reason(isCA, identifier, "keyUsage=critical,cRLSign,digitalSignature")
        .contains("lacks keyCertSign"))
    #expect(
      try reason(isCA, "subjectKeyIdentifier=none").contains("no subject key identifier"))
    #expect(reason { _ = try read(good, at: good.time() + 31 * day) }.contains("has expired"))
    #expect(reason { _ = try read(good, at: good.time() - 2 * day) }.contains("not yet valid"))
    let weak = try ForeignCertificate("Company CA", rsaBits: 1024, extensions: Self.plainCA)
    #expect(reason { _ = try read(weak) }.contains("too weak"))
    let narrow = try ForeignCertificate(
      "Root",
      extensions: [isCA + ",pathlen:0", "keyUsage=critical,keyCertSign,cRLSign", identifier])
    let below = try ForeignCertificate("Company CA", extensions: Self.plainCA, issuer: narrow)
    #expect(reason { _ = try read(below, chain: [narrow]) }.contains("allows no CA below it"))
  }

  @Test(
    "certificates of a CA that breaks strict rules, as easy-rsa's does, are verified as nginx does")
  func lenient() throws {
    let ca = try ForeignCertificate(
      "Company CA",
      extensions: ["basicConstraints=CA:TRUE", "subjectKeyIdentifier=hash"])
    let imported = try read(ca)
    let time = try ca.time()
    try imported.tryOut(
      names: [.server: ["app-1", "shop.example"], .client: ["edge-1"]], lists: [], now: time)
    let leaf = try imported.ca.issue(
      LeafRequest(
        role: .client, commonName: "edge-1", dnsNames: ["edge-1"], key: .ecdsaP256,
        validFor: 9 * day), now: time)
    try CertificateBundle(pem: ca.pem).verify(
      leafPEM: leaf.certificatePEM, as: .client, name: "edge-1", at: time)
  }

  @Test("what hosts would refuse later is found by a trial certificate")
  func trial() throws {
    let names = [CertificateRole.server: ["app-1"], .client: ["edge-1"]]
    for more in [
      "nameConstraints=critical,permitted;DNS:company.example",
      "extendedKeyUsage=emailProtection",
    ] {
      let ca = try ForeignCertificate("Company CA", extensions: Self.plainCA + [more])
      let error = error {
        try read(ca).tryOut(names: names, lists: [], now: ca.time())
      }
      #expect(error?.description.contains("hosts would refuse the") == true, "\(more)")
    }
  }

  @Test("without hosts, a trial certificate is signed for a name that no host has")
  func trialWithoutHosts() throws {
    func reason(_ more: String) throws -> String? {
      let imported = try read(ForeignCertificate("Company CA", extensions: Self.plainCA + [more]))
      do {
        try imported.tryOut(names: [.server: []], lists: [], now: imported.facts.notBefore + 60)
        return nil
      } catch { return "\(error)" }
    }
    #expect(
      try reason("extendedKeyUsage=emailProtection")?.contains("hosts would refuse the") == true)
    // Names of hosts to come may be permitted.
    #expect(try reason("nameConstraints=critical,permitted;DNS:company.example") == nil)
  }

  @Test("of several certificates of one CA, a valid one is taken, and of those the last to expire")
  func several() throws {
    let root = try ForeignCertificate("Root", extensions: Self.plainCA)
    let ca = try ForeignCertificate("Company CA", extensions: Self.plainCA, issuer: root)
    func renewed(_ ca: ForeignCertificate, _ name: String, _ days: Int) throws -> String {
      var arguments = ["req", "-x509", "-new", "-key", "key", "-subj", "/CN=\(name)"]
      arguments += ["-config", "config", "-days", "\(days)"]
      for text in Self.plainCA { arguments += ["-addext", text] }
      if name != "Root" { arguments += ["-CA", "ca", "-CAkey", "cakey"] }
      return try OpenSSLCommand(
        arguments,
        files: [
          "key": ca.key, "ca": root.pem, "cakey": root.key,
          "config": "[req]\ndistinguished_name=name\n[name]\n",
        ]
      ).pem
    }
    let (cas, roots) = (
      try [40, 60, 50].map { try renewed(ca, "Company CA", $0) },
      try [40, 60, 50].map { try renewed(root, "Root", $0) }
    )
    for time in [try ca.time(), try ca.time() + 31 * day] {
      let imported = try ImportedCA(
        CertificateBundle(pem: ca.pem + cas.joined()),
        chain: [CertificateBundle(pem: root.pem + roots.joined())],
        key: ForeignKey(pem: Secret(ca.key), passphrase: nil, named: "ca.key"), now: time)
      let latest = try CertificateFacts.read(pem: cas[1])
      #expect(imported.facts.fingerprint == latest.fingerprint)
      #expect(try imported.root == CertificateFacts.read(pem: roots[1]))
    }
  }

  @Test(
    "a list that the root signed, but that hosts cannot use for the CA, is found",
    arguments: [
      ("", true), ("issuingDistributionPoint=critical,@scope", false),
      ("1.2.3.4=critical,ASN1:NULL", false),
    ])
  func usableLists(extra: String, isUsable: Bool) throws {
    let root = try ForeignCertificate("Root", extensions: Self.plainCA)
    let ca = try ForeignCertificate("Company CA", extensions: Self.plainCA, issuer: root)
    let list = try OpenSSLCommand(
      [
        "ca", "-gencrl", "-keyfile", "key", "-cert", "crt", "-config", "config", "-crldays", "9",
      ],
      files: [
        "key": root.key, "crt": root.pem, "index": "", "number": "02",
        "config": """
        [ca]
        default_ca=own
        [own]
        database=index
        crlnumber=number
        default_md=sha256
        crl_extensions=more
        [more]
        authorityKeyIdentifier=keyid
        \(extra)
        [scope]
        onlyuser=TRUE

        """,
      ])
    try #require(list.status == 0, "\(list.output)")
    let bundle = try CertificateBundle(pem: ca.pem + root.pem)
    func check() throws { try bundle.verifyCA(at: ca.time() + 60, lists: [list.pem]) }
    if isUsable {
      try check()
    } else {
      #expect(error(check)?.verification?.text.contains("CRL") == true)
    }
  }

  @Test("a list that the root's key signs lets the intermediate's certificates pass, and no others")
  func lists() throws {
    let root = try ForeignCertificate("Root", extensions: Self.plainCA)
    let ca = try ForeignCertificate("Company CA", extensions: Self.plainCA, issuer: root)
    let second = try ForeignCertificate("Users", extensions: Self.plainCA, issuer: root)
    let (imported, users) = (try read(ca, chain: [root]), try read(second, chain: [root]))
    let time = try ca.time()
    func key(_ ca: ForeignCertificate) throws -> ForeignKey {
      try ForeignKey(pem: Secret(ca.key), passphrase: nil, named: "root.key")
    }
    #expect(
      errorCode { _ = try imported.emptyRootList(signedWith: key(ca), now: time) }
        == .keyMismatch)
    let list = try imported.emptyRootList(signedWith: key(root), now: time)
    #expect(list.nextUpdate == imported.root?.notAfter && list.revoked.isEmpty)
    let lists = [try imported.ca.revocationList(of: [], now: time), list]
    try imported.tryOut(names: [.client: ["edge-1"]], lists: lists, now: time)
    let stranger = try users.ca.issue(
      LeafRequest(
        role: .client, commonName: "eve", dnsNames: ["eve"], key: .ecdsaP256, validFor: 9 * day),
      now: time)
    let presented = stranger.certificatePEM + second.pem
    let bundle = try CertificateBundle(pem: imported.certificatePEM)
    // Without lists, every CA below the root is trusted.
    try bundle.verify(leafPEM: presented, as: .client, name: nil, at: time)
    let refused = error {
      try bundle.verify(
        leafPEM: presented, as: .client, name: nil, at: time, lists: lists.map(\.pem))
    }
    #expect(refused?.verification?.text.contains("unable to get certificate CRL") == true)
  }

  @Test("lists of other programs are read without a number, as PEM or DER, one or several")
  func foreignLists() throws {
    let ca = try ForeignCertificate("Company CA", extensions: Self.plainCA)
    let made = try OpenSSLCommand(
      [
        "ca", "-gencrl", "-keyfile", "key", "-cert", "crt", "-config", "config", "-crldays", "9",
      ],
      files: [
        "key": ca.key, "crt": ca.pem, "index": "",
        "config": "[ca]\ndefault_ca=own\n[own]\ndatabase=index\ndefault_md=sha256\n",
      ])
    try #require(made.status == 0, "\(made.output)")
    let other = try TestCA.first().ca.revocationList(of: [], now: noon).pem
    for text in [made.pem, other + made.pem] {
      let lists = try ForeignRevocationLists(Array(text.utf8), named: "crl.pem")
      let found = try #require(lists.list(signedBy: ca.pem))
      #expect(found.number == 0 && found.nextUpdate > found.thisUpdate)
    }
    for text in ["", "text", ca.pem] {
      #expect(
        errorCode { _ = try ForeignRevocationLists(Array(text.utf8), named: "crl.pem") }
          == .damagedRevocationList)
    }
  }
}
