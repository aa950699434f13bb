import Certificates
import Fleet
import TestSupport
import Testing

@testable import ACME

@Suite(
  "A real ACME server and commands that make records", .timeLimit(.minutes(5)),
  .requires(
    Pebble.isInstalled && ChallengeResponder.isInstalled,
    "needs Debian's packages pebble and bind9-dnsutils"))
struct PebbleDNSTests {
  /// The script adds a value to a record and removes the record, at the name server that pebble asks.
  private func scripts(_ pebble: Pebble, _ more: String = "") throws -> HookScripts {
    try HookScripts(
      """
      \(more)
      send() { curl -sf -d "$2" "\(pebble.responder.management)/$1"; }
      case $1 in
        present) send set-txt "{\\"host\\": \\"$2\\", \\"value\\": \\"$3\\"}" ;;
        cleanup) send clear-txt "{\\"host\\": \\"$2\\"}" ;;
      esac
      """)
  }

  private func order(
    _ names: [String], at pebble: Pebble, _ scripts: HookScripts
  ) async throws -> [String] {
    let client = ACMEClient(
      directory: pebble.directory, key: try AccountKey.generate(),
      transport: CurlTransport(caFile: pebble.caFile, userAgent: "deploy-tests"),
      clock: SystemClock())
    try await client.register(Registration(termsAgreed: true))
    let server = try #require(DNSServer(pebble.responder.dns))
    let solver = DNSRecords(
      scripts.hooks, resolvers: [server], clock: SystemClock(), warn: { Issue.record("\($0)") })
    let deadline = SystemClock().now.adding(seconds: 120)
    let request = try SigningRequest.make(dnsNames: names, key: .ecdsaP256)
    var order = try await client.order(names)
    order = try await client.prove(order, with: solver, until: deadline)
    order = try await client.finalize(order, with: request.der, until: deadline)
    let chain = try await client.certificate(of: order)
    return try #require(CertificateFacts.readAll(pem: chain, named: "chain").first).dnsNames
  }

  private func records(_ pebble: Pebble, _ name: String) async throws -> [String] {
    let server = try #require(DNSServer(pebble.responder.dns))
    return try await DNSClient(resolvers: [server]).look(up: name, "TXT").records("TXT").map(\.data)
  }

  @Test("a name and its wildcard have two values of one record at the same time")
  func wildcard() async throws {
    let pebble = try await Pebble(["PEBBLE_AUTHZREUSE": "0"])
    let scripts = try scripts(pebble)
    let names = ["shop.example", "*.shop.example"]
    #expect(
      Set(try await order(names, at: pebble, scripts)) == Set(names))
    let calls = try scripts.notes().map { $0.split(separator: " ").map(String.init) }
    #expect(calls.map { $0[0] } == ["present", "present", "cleanup", "cleanup"])
    #expect(Set(calls.map { $0[1] }) == ["_acme-challenge.shop.example."])
    #expect(Set(calls.prefix(2).map { $0[2] }) == Set(calls.suffix(2).map { $0[2] }))
    #expect(calls[0][2] != calls[1][2])
    #expect(try await records(pebble, "_acme-challenge.shop.example.").isEmpty)
  }

  @Test("the record of an alias is made where it leads to")
  func alias() async throws {
    let pebble = try await Pebble()
    try pebble.responder.set(
      "set-cname", ["host": "_acme-challenge.shop.example.", "target": "shop.acme.example."])
    let scripts = try scripts(pebble)
    let names = ["*.shop.example"]
    #expect(try await order(names, at: pebble, scripts) == names)
    #expect(try scripts.notes()[0].hasPrefix("present shop.acme.example. "))
  }

  @Test("a command that makes a wrong record costs no challenge, and is cleaned up after")
  func wrong() async throws {
    let pebble = try await Pebble()
    var scripts = try scripts(pebble, "[ $1 = cleanup ] || set -- present \"$2\" wrong")
    scripts.hooks.timeout = 3
    let error = await #expect(throws: ACMEError.self) {
      try await order(["*.shop.example"], at: pebble, scripts)
    }
    #expect(error?.code == .local)
    #expect(
      error?.reason.hasSuffix("after 3 s: \(pebble.responder.dns) has \"wrong\"") == true,
      "\(error?.reason ?? "")")
    #expect(try await records(pebble, "_acme-challenge.shop.example.").isEmpty)
    #expect(try scripts.notes().map { $0.prefix(7) } == ["present", "cleanup"])
  }
}
