import ACME
import Fleet
import FleetFolders
import Foundation
import TestSupport
import Testing

@testable import Application

@Suite("deploy check, without a terminal", .timeLimit(.minutes(1)))
struct CheckFleetTests {
  @Test("reports a fleet without mistakes, and shows nothing")
  func sound() async throws {
    let fleet = try await TestFleet()
    let user = FakeInteraction()
    let report = try await CheckFleet.report(fleet.location, playbook: nil, user)
    #expect(report.path == fleet.home.path + "/shop.yml" && report.warnings.isEmpty)
    #expect(user.seen.diagnostics.isEmpty && report.note == nil)
  }

  @Test("shows every mistake of an inventory, and fails without a further message")
  func mistakes() async throws {
    let fleet = try await TestFleet()
    try fleet.home.write(
      fleet.home.inventory.replacing("valid_for: 10y", with: "valid_for: long\n  colour: red"),
      to: "shop.yml")
    let user = FakeInteraction()
    let failure = await #expect(throws: Failure.self) {
      try await CheckFleet.report(fleet.location, playbook: nil, user)
    }
    #expect(failure == Failure(.invalidInput))
    #expect(user.seen.diagnostics.count == 2)
  }

  // MARK: - CAA records

  /// Checks a fleet whose site orders its certificate with an account.
  private func check(
    _ lookup: CAALookup?, account: String = "{terms_agreed: true}",
    certificate: String = "{acme: true}"
  ) async throws -> CheckFleet.Report {
    let fleet = try await TestFleet()
    let inventory = fleet.home.inventory.replacing(
      "certificate: {ca: true}",
      with: "aliases: [www.shop.example]\n    certificate: \(certificate)")
    try fleet.home.write("acme: \(account)\n\(inventory)", to: "shop.yml")
    return try await CheckFleet.report(
      fleet.location, playbook: nil, FakeInteraction(), knowing: nil, looking: lookup)
  }

  private func lookup(
    _ responder: ChallengeResponder, _ records: [String: String], wildcards: [String: String] = [:]
  ) throws -> CAALookup {
    for name in Set(records.keys).union(wildcards.keys) {
      let policies = [("issue", records[name]), ("issuewild", wildcards[name])].compactMap { pair in
        pair.1.map { ["tag": pair.0, "value": $0] }
      }
      try responder.set("add-caa", ["host": name, "policies": policies])
    }
    return CAALookup(
      dns: DNSClient(resolvers: [try #require(DNSServer(responder.dns))]), clock: Self.patient)
  }

  /// A deadline that never comes: other tests may keep this one waiting.
  private static let patient = WaitingClock { false }

  private static let responder = ChallengeResponder.isInstalled

  @Test(
    "warns of CAA records that forbid an order, with what they allow and what to do",
    .requires(responder, "needs Debian's packages pebble and bind9-dnsutils"))
  func forbidden() async throws {
    let responder = try await ChallengeResponder()
    let report = try await check(
      lookup(
        responder, ["shop.example.": "ca.test", "www.shop.example.": "letsencrypt.org"]))
    #expect(report.note == nil && report.warnings.count == 1, "\(report)")
    let warning = try #require(report.warnings.first)
    for part in [
      "shop.yml:", "acme-v02.api.letsencrypt.org will probably refuse",
      "the CAA records of shop.example. allow only ca.test, and not letsencrypt.org",
      "0 issue \"letsencrypt.org\"",
    ] { #expect(warning.contains(part), "\(warning)") }
  }

  @Test(
    "asks about every name of the order, and only if it is known how records name the CA",
    .requires(responder, "needs Debian's packages pebble and bind9-dnsutils"))
  func names() async throws {
    let responder = try await ChallengeResponder()
    let lookup = try lookup(
      responder, ["shop.example.": "letsencrypt.org; validationmethods=dns-01"],
      wildcards: ["shop.example.": "ca.test"])
    let byHTTP = try await check(lookup)
    #expect(byHTTP.warnings.count == 2, "\(byHTTP)")
    #expect(byHTTP.warnings.allSatisfy { $0.contains("do not allow http-01") }, "\(byHTTP)")
    let byDNS = try await check(
      lookup,
      account:
        "{terms_agreed: true, directory: letsencrypt-staging, dns: {present: [x], cleanup: [x]}}",
      certificate: "{acme: {names: [\"*.shop.example\"]}}")
    #expect(byDNS.warnings.count == 1, "\(byDNS)")
    #expect(byDNS.warnings.first?.contains("because of *.shop.example") == true, "\(byDNS)")
    let own = try await check(
      lookup, account: "{terms_agreed: true, directory: \"https://ca.test/dir\"}")
    #expect(own.warnings.isEmpty && own.note == nil, "\(own)")
    let offline = try await check(nil)
    #expect(offline.warnings.isEmpty && offline.note == nil, "\(offline)")
  }

  @Test(
    "a DNS that fails is a note, and no failure",
    .requires(responder, "needs Debian's packages pebble and bind9-dnsutils"))
  func failing() async throws {
    let responder = try await ChallengeResponder()
    try responder.set("set-servfail", ["host": "shop.example."])
    try responder.set("set-servfail", ["host": "www.shop.example."])
    let report = try await check(lookup(responder, [:]))
    #expect(report.warnings.isEmpty)
    let note = try #require(report.note)
    #expect(
      note.hasPrefix(
        "the CAA records of shop.example and another name were not checked: 127.0.0.1"),
      "\(note)")
    #expect(note.contains("SERVFAIL"), "\(note)")
  }

  @Test(
    "a DNS that does not answer is given up at the deadline",
    .requires(responder, "needs Debian's packages pebble and bind9-dnsutils"))
  func silent() async throws {
    let server = socket(AF_INET, Int32(SOCK_DGRAM.rawValue), 0)
    defer { close(server) }
    let port = try freePorts(1)[0]
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    address.sin_port = in_port_t(port).bigEndian
    let isBound = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(server, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
      }
    }
    try #require(isBound)
    // The deadline comes when a question has come.
    let clock = WaitingClock {
      var byte: UInt8 = 0
      return recv(server, &byte, 1, Int32(MSG_PEEK | MSG_DONTWAIT)) == 1
    }
    let dns = DNSClient(resolvers: [try #require(DNSServer("127.0.0.1:\(port)"))])
    let report = try await check(CAALookup(dns: dns, clock: clock))
    #expect(
      report.note
        == "the CAA records of shop.example and another name were not checked: the DNS did not answer within 5 s"
    )
    #expect(report.warnings.isEmpty)
  }

  @Test("without the program that asks the DNS, the note names its package")
  func missing() async throws {
    let report = try await check(
      CAALookup(dns: DNSClient(program: "no-such-dig"), clock: Self.patient))
    #expect(report.note?.contains("bind9-dnsutils") == true, "\(report)")
  }
}

/// A clock whose time passes as soon as something has happened.
private struct WaitingClock: ACMEClock {
  var now: Timestamp { .current }
  let hasHappened: @Sendable () throws -> Bool

  init(_ hasHappened: @escaping @Sendable () throws -> Bool) { self.hasHappened = hasHappened }

  func wait(seconds: Int64) async throws {
    while try !hasHappened() { try await Task.sleep(for: .milliseconds(5)) }
  }
}
