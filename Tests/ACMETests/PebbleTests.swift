import Certificates
import Fleet
import Foundation
import TestSupport
import Testing

@testable import ACME

/// The clock of the tests with a real server.
struct SystemClock: ACMEClock {
  var now: Timestamp { Timestamp(secondsSince1970: Int64(Date.now.timeIntervalSince1970)) }
  func wait(seconds: Int64) async throws { try await Task.sleep(for: .seconds(seconds)) }
}

/// Answers challenges with pebble's responder.
private struct PebbleSolver: ChallengeSolver {
  nonisolated(unsafe) let pebble: Pebble
  var ways: [ChallengeKind] = [.http01, .dns01]

  func kinds(for name: String) -> [ChallengeKind] { name.hasPrefix("*.") ? [.dns01] : ways }

  func prepare(_ task: ChallengeTask) async throws {
    switch task.kind {
    case .http01:
      try pebble.responder.set("add-http01", ["token": task.token, "content": task.answer])
    case .dns01:
      try pebble.responder.set(
        "set-txt", ["host": "_acme-challenge.\(task.domain).", "value": task.answer])
    }
  }

  func cleanUp(_ task: ChallengeTask) async {
    do {
      switch task.kind {
      case .http01: try pebble.responder.set("del-http01", ["token": task.token])
      case .dns01:
        try pebble.responder.set("clear-txt", ["host": "_acme-challenge.\(task.domain)."])
      }
    } catch {
      Issue.record(error)
    }
  }
}

@Suite(
  "A real ACME server", .timeLimit(.minutes(5)),
  .requires(Pebble.isInstalled, "needs Debian's package pebble"))
struct PebbleTests {
  private func client(_ pebble: Pebble, _ key: AccountKey) -> ACMEClient {
    ACMEClient(
      directory: pebble.directory, key: key,
      transport: CurlTransport(caFile: pebble.caFile, userAgent: "deploy-tests"),
      clock: SystemClock())
  }

  private var deadline: Timestamp { SystemClock().now.adding(seconds: 120) }

  /// Orders, proves, requests and downloads; checks that the chain leads to pebble's root and has the names.
  private func issue(
    _ names: [String], at pebble: Pebble, _ client: ACMEClient, _ ways: [ChallengeKind] = [.http01]
  ) async throws -> CertificateFacts {
    let request = try SigningRequest.make(dnsNames: names, key: .ecdsaP256)
    var order = try await client.order(names)
    order = try await client.prove(
      order, with: PebbleSolver(pebble: pebble, ways: ways), until: deadline)
    order = try await client.finalize(order, with: request.der, until: deadline)
    let chain = try await client.certificate(of: order)
    let files = try ServerFiles(
      certificatePEM: chain, named: "chain", keyPEM: request.keyPEM, keyNamed: "key")
    #expect(files.problems(names: names, at: SystemClock().now.secondsSince1970).isEmpty)
    try pebble.folder.write(chain, to: "chain.pem")
    try pebble.folder.write(try pebble.root(), to: "root.pem")
    let (chainPath, root) = (pebble.folder.path("chain.pem"), pebble.folder.path("root.pem"))
    let verified = try ProgramRun([
      "openssl", "verify", "-CAfile", root, "-untrusted", chainPath, chainPath,
    ])
    #expect(verified.hasSucceeded, "\(verified.output)")
    return try #require(CertificateFacts.readAll(pem: chain, named: "chain").first)
  }

  @Test("issues a certificate for several names, though it refuses half of all nonces")
  func severalNames() async throws {
    let pebble = try await Pebble(["PEBBLE_WFE_NONCEREJECT": "50"])
    let client = client(pebble, try AccountKey.generate())
    try await client.register(
      Registration(contact: ["mailto:ops@shop.example"], termsAgreed: true))
    let facts = try await issue(["shop.example", "www.shop.example"], at: pebble, client)
    #expect(Set(facts.dnsNames) == ["shop.example", "www.shop.example"])
  }

  @Test("issues a wildcard by DNS", arguments: ["0", "100"])
  func wildcard(reuse: String) async throws {
    let pebble = try await Pebble(["PEBBLE_AUTHZREUSE": reuse])
    let client = client(pebble, try AccountKey.generate())
    try await client.register(Registration(termsAgreed: true))
    for _ in 0..<2 {
      let facts = try await issue(["*.shop.example"], at: pebble, client)
      #expect(facts.dnsNames == ["*.shop.example"])
    }
  }

  @Test("knows the account of a key again")
  func account() async throws {
    let pebble = try await Pebble()
    let key = try AccountKey.generate()
    let first = try await client(pebble, key).register(Registration(termsAgreed: true))
    let again = try await client(pebble, key).register(
      Registration(contact: ["mailto:ops@shop.example"], termsAgreed: true))
    #expect(first == again)
  }

  @Test("takes customers with their credentials, and refuses others")
  func externalAccount() async throws {
    let mac = "zWNDZM6eQGHWpSRTPal5eIUYFTu7EajVIoguysqZ9wG44nMEtx3MUAsUDkMTQ12W"
    let pebble = try await Pebble(accounts: ["kid-1": mac])
    let stranger = client(pebble, try AccountKey.generate())
    let refused = await #expect(throws: ACMEError.self) {
      try await stranger.register(Registration(termsAgreed: true))
    }
    #expect(refused?.code == .problem(.externalAccountRequired), "\(refused?.description ?? "")")
    let account = try #require(
      ExternalAccount(keyIdentifier: "kid-1", macKey: Secret(copying: mac.utf8)))
    let customer = client(pebble, try AccountKey.generate())
    try await customer.register(Registration(termsAgreed: true, externalAccount: account))
    _ = try await issue(["shop.example"], at: pebble, customer)
  }

  @Test("says which name it could not check, and what it found")
  func failure() async throws {
    let pebble = try await Pebble()
    let client = client(pebble, try AccountKey.generate())
    try await client.register(Registration(termsAgreed: true))
    let order = try await client.order(["shop.example"])
    let error = await #expect(throws: ACMEError.self) {
      try await client.prove(order, with: FakeSolver(.http01), until: deadline)
    }
    #expect(error?.code == .orderInvalid)
    #expect(error?.description.contains("shop.example: ") == true, "\(error?.description ?? "")")
    #expect(
      error?.description.contains("did not match this challenge") == true,
      "\(error?.description ?? "")")
  }

  @Test("ends its chain in the root that is asked for, if it has one")
  func preferredChain() async throws {
    let pebble = try await Pebble(["PEBBLE_ALTERNATE_ROOTS": "2"])
    let client = client(pebble, try AccountKey.generate())
    try await client.register(Registration(termsAgreed: true))
    let request = try SigningRequest.make(dnsNames: ["shop.example"], key: .ecdsaP384)
    var order = try await client.order(["shop.example"])
    order = try await client.prove(order, with: PebbleSolver(pebble: pebble), until: deadline)
    order = try await client.finalize(order, with: request.der, until: deadline)
    let usual = try await client.certificate(of: order)
    let roots = try ["0", "1", "2"].map { number in
      try CertificateFacts.readAll(pem: try pebble.root(number), named: "root")[0].commonName
    }
    var issuers: Set<String> = []
    for root in roots {
      let chain = try await client.certificate(of: order, endingIn: root)
      issuers.insert(
        try #require(CertificateFacts.readAll(pem: chain, named: "chain").last).issuerCommonName)
    }
    #expect(issuers == Set(roots))
    #expect(try await client.certificate(of: order, endingIn: "No Such Root") == usual)
  }

  @Test("cannot be reached if its certificate is not trusted")
  func distrust() async throws {
    let pebble = try await Pebble()
    let client = ACMEClient(
      directory: pebble.directory, key: try AccountKey.generate(),
      transport: CurlTransport(userAgent: "deploy-tests"), clock: FakeClock())
    let error = await #expect(throws: ACMEError.self) { try await client.directory() }
    #expect(error?.code == .unreachable && error?.reason.contains("certificate") == true)
  }
}
