import Certificates
import Foundation
import TestSupport
import Testing

/// The current time, as nginx uses it.
private let now = Int64(Date().timeIntervalSince1970)

@Suite("Probes of an edge, against a real nginx", .requires(NginxServer.isInstalled, "needs nginx"))
struct EdgeProbeTests {
  private static let generations = (
    old: Result { try TestCA("Probe Center", now: now) },
    new: Result { try TestCA("Probe Center 2", now: now) },
    foreign: Result { try TestCA("Foreign Center", now: now) }
  )

  private let old: TestCA
  private let new: TestCA
  private let foreign: TestCA

  init() throws {
    old = try Self.generations.old.get()
    new = try Self.generations.new.get()
    foreign = try Self.generations.foreign.get()
  }

  /// The TLS side of a back-end, without resumption as deploy writes it, or with it.
  private func server(
    _ more: String = "", isResumable: Bool = false, version: String = "TLSv1.2 TLSv1.3"
  ) -> String {
    """
    ssl_certificate server.crt; ssl_certificate_key server.key;
    ssl_client_certificate trust.crt; ssl_verify_client on; ssl_verify_depth 1;
    ssl_protocols \(version);
    ssl_session_cache \(isResumable ? "shared:s:1m" : "none"); ssl_session_timeout 1d;
    ssl_session_tickets off; \(more)
    """
  }

  private func files(
    trusting trusted: [TestCA], by issuer: TestCA? = nil, crl: String = ""
  ) throws -> [String: String] {
    let leaf = try (issuer ?? old).leaf(.server, names: ["shop.example"], now: now)
    return [
      "server.crt": leaf.certificatePEM, "server.key": leaf.privateKeyPEM.text,
      "trust.crt": trusted.map(\.files.certificatePEM).joined(), "all.crl": crl,
    ]
  }

  private func client(_ ca: TestCA) throws -> IssuedLeaf {
    try ca.leaf(.client, names: ["edge-1"], now: now)
  }

  private func probe(
    _ server: NginxServer, as leaf: IssuedLeaf?, name: String = "shop.example",
    session: TLSSession? = nil
  ) async throws -> ProbeReport {
    try await EdgeProbe(
      serverName: name,
      trusted: CertificateBundle(pem: old.files.certificatePEM + new.files.certificatePEM),
      client: .presenting(leaf.map { try ClientIdentity($0) }), session: session
    ).run(over: server.connect(), at: now)
  }

  private func status(_ report: ProbeReport) -> Int? {
    if case .status(let status) = report.answer { status } else { nil }
  }

  @Test(
    "A client of the CA is accepted, one without a certificate or with a foreign one refused",
    arguments: ["TLSv1.2", "TLSv1.3"])
  func acceptance(version: String) async throws {
    let nginx = try NginxServer(
      server(version: version), files: files(trusting: [old, new]))
    for ca in [old, new] {
      let report = try await probe(nginx, as: client(ca))
      #expect(status(report) == 204 && report.isClientAccepted)
      #expect(report.tlsVersion == version)
      #expect(report.distrust == nil)
      #expect(report.acceptedIssuers == ["Probe Center", "Probe Center 2"])
    }
    for leaf in [nil, try client(foreign), try old.leaf(.server, names: ["edge-1"], now: now)] {
      let report = try await probe(nginx, as: leaf)
      #expect(status(report) == 400 && !report.isClientAccepted)
      #expect(report.distrust == nil)
    }
  }

  @Test(
    "deploy's own answer to a refused client counts as a refusal, a site's own 503 does not")
  func ownRefusal() async throws {
    let refusal = """
      error_page 495 496 =503 @refused;
      location @refused { add_header Deploy-Refused certificate always; return 503; }
      """
    let nginx = try NginxServer(server(refusal), files: files(trusting: [old]))
    let refused = try await probe(nginx, as: client(new))
    #expect(status(refused) == 503 && refused.saysRefused && !refused.isClientAccepted)
    #expect(try await probe(nginx, as: client(old)).isClientAccepted)

    let failing = try NginxServer(
      server(refusal + " if ($ssl_client_verify = SUCCESS) { return 503; }"),
      files: files(trusting: [old]))
    let answered = try await probe(failing, as: client(old))
    #expect(status(answered) == 503 && !answered.saysRefused && answered.isClientAccepted)
    #expect(try await !probe(failing, as: client(new)).isClientAccepted)
  }

  @Test("The served certificate is reported, and why it cannot be trusted")
  func served() async throws {
    let files = try files(trusting: [old])
    let nginx = try NginxServer(server(), files: files)
    let report = try await probe(nginx, as: client(old))
    #expect(report.served == [try CertificateFacts.read(pem: files["server.crt"] ?? "")])
    let misnamed = try await probe(nginx, as: client(old), name: "other.example")
    #expect(misnamed.distrust?.code == .nameMismatch && misnamed.isClientAccepted)

    let stranger = try NginxServer(server(), files: self.files(trusting: [old], by: foreign))
    let distrusted = try await probe(stranger, as: client(old))
    #expect(distrusted.distrust?.code == .chainNotVerified && distrusted.isClientAccepted)
    #expect(distrusted.served.first?.issuerCommonName == "Foreign Center")
  }

  @Test("A revoked client is refused, those of both generations are accepted")
  func revoked() async throws {
    let (bad, good, newer) = (try client(old), try client(old), try client(new))
    let lists = [
      try old.ca.revocationList(
        of: [.init(serial: bad.facts.serial, revokedAt: now, reason: .keyCompromise)], now: now),
      try new.ca.revocationList(of: [], now: now),
    ]
    let nginx = try NginxServer(
      server("ssl_crl all.crl;"),
      files: files(trusting: [old, new], crl: lists.map(\.pem).joined()))
    #expect(try await status(probe(nginx, as: bad)) == 400)
    #expect(nginx.log.contains("(23:certificate revoked)"))
    #expect(try await probe(nginx, as: good).isClientAccepted)
    #expect(try await probe(nginx, as: newer).isClientAccepted)

    // Every generation needs its list, or nginx refuses all of its clients.
    let lacking = try NginxServer(
      server("ssl_crl all.crl;"), files: files(trusting: [old, new], crl: lists[0].pem))
    #expect(try await probe(lacking, as: good).isClientAccepted)
    #expect(try await status(probe(lacking, as: newer)) == 400)
  }

  @Test("Below a root, clients of both generations are accepted, and what is revoked is refused")
  func belowRoot() async throws {
    let root = try TestRoot(now: now)
    let (first, second) = (try root.issuing("Issuing 1"), try root.issuing("Issuing 2"))
    func leaf(_ ca: CertificateAuthority, _ role: CertificateRole) throws -> IssuedLeaf {
      try ca.issue(
        LeafRequest(
          role: role, commonName: "x", dnsNames: ["shop.example"], key: .ecdsaP256, validFor: day),
        now: now)
    }
    let (bad, good, newer) = (
      try leaf(first, .client), try leaf(first, .client), try leaf(second, .client)
    )
    let shown = try leaf(second, .server)
    let lists = try [
      first.revocationList(
        of: [.init(serial: bad.facts.serial, revokedAt: now, reason: .keyCompromise)], now: now),
      second.revocationList(of: [], now: now), root.ca.revocationList(of: [], now: now),
    ].map(\.pem)
    let bundle = try first.certificatePEM() + second.certificatePEM()
    var files = [
      "server.crt": shown.certificatePEM, "server.key": shown.privateKeyPEM.text,
      "trust.crt": bundle, "all.crl": lists.joined(),
    ]
    let nginx = try NginxServer(server("ssl_crl all.crl;"), files: files)
    func probe(_ nginx: NginxServer, _ leaf: IssuedLeaf) async throws -> ProbeReport {
      try await EdgeProbe(
        serverName: "shop.example", trusted: CertificateBundle(pem: bundle),
        client: .presenting(ClientIdentity(leaf))
      ).run(over: nginx.connect(), at: now)
    }
    #expect(try await status(probe(nginx, bad)) == 400)
    for leaf in [good, newer] {
      let report = try await probe(nginx, leaf)
      #expect(report.isClientAccepted && report.distrust == nil, "\(nginx.log)")
      #expect(Set(report.acceptedIssuers) == ["Issuing 1", "Issuing 2", "The Root"])
    }
    // The root's list is one of those that nginx asks for.
    files["all.crl"] = lists.dropLast().joined()
    let lacking = try NginxServer(server("ssl_crl all.crl;"), files: files)
    #expect(try await !probe(lacking, good).isClientAccepted)
  }

  @Test(
    "A session is resumed if the server allows it, and then still works after a revocation",
    arguments: ["TLSv1.2", "TLSv1.3"])
  func resumption(version: String) async throws {
    let leaf = try client(old)
    let revoking = try files(
      trusting: [old],
      crl: old.ca.revocationList(
        of: [.init(serial: leaf.facts.serial, revokedAt: now, reason: .keyCompromise)], now: now
      ).pem)
    let open = server(isResumable: true, version: version)
    let nginx = try NginxServer(open, files: revoking)
    let first = try await probe(nginx, as: leaf)
    #expect(!first.isResumed)
    let session: TLSSession = try #require(first.session)
    let second = try await probe(nginx, as: leaf, session: session)
    #expect(second.isResumed && second.isClientAccepted)

    // The vulnerability because of which deploy allows no resumption: the probe detects it.
    try nginx.reload(open + " ssl_crl all.crl;", files: [:])
    let bypassing = try await probe(nginx, as: leaf, session: session)
    #expect(bypassing.isResumed && bypassing.isClientAccepted)
    #expect(try await !probe(nginx, as: leaf).isClientAccepted)

    let closed = try NginxServer(server(version: version), files: revoking)
    let kept = try await probe(closed, as: leaf)
    #expect(kept.isClientAccepted)
    let refused = server("ssl_crl all.crl;", version: version)
    try closed.reload(refused, files: [:])
    let again = try await probe(closed, as: leaf, session: kept.session)
    #expect(!again.isResumed && !again.isClientAccepted)
  }

  @Test("A server that ends the handshake, does not speak TLS or sends nothing is reported as such")
  func noAnswer() async throws {
    let rejecting = try NginxServer("ssl_reject_handshake on;", files: [:])
    let report = try await probe(rejecting, as: nil)
    guard case .refusedHandshake(let error) = report.answer else {
      Issue.record("\(report.answer)")
      return
    }
    #expect(error.libraryMessages.contains { $0.contains("unrecognized name") })
    #expect(report.served == [] && !report.isClientAccepted)

    for bytes in ["HTTP/1.1 400 Bad Request\r\n\r\n", ""] {
      let report = try await EdgeProbe(
        serverName: "shop.example", trusted: old.bundle(), client: .presenting(nil)
      ).run(over: Recording(bytes), at: now)
      guard case .refusedHandshake = report.answer else {
        Issue.record("\(report.answer)")
        return
      }
    }
  }

  @Test("An error of the stream is thrown")
  func brokenStream() async throws {
    let probe = try EdgeProbe(
      serverName: "shop.example", trusted: old.bundle(), client: .presenting(nil))
    await #expect(throws: Recording.Broken.self) {
      _ = try await probe.run(over: Recording(nil), at: now)
    }
  }
}

/// A peer that says its words at once and hears nothing; one without words breaks.
private actor Recording: ByteStream {
  struct Broken: Error {}

  private var words: [UInt8]?
  private let isBroken: Bool

  init(_ words: String?) {
    self.words = words.map { Array($0.utf8) }
    isBroken = words == nil
  }

  func read() throws -> [UInt8]? {
    if isBroken { throw Broken() }
    defer { words = nil }
    return words
  }

  func write(_ bytes: [UInt8]) {}
}
