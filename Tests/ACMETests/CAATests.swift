import Fleet
import TestSupport
import Testing

@testable import ACME

@Suite("CAA records")
struct CAATests {
  private static let ca: Set<String> = ["letsencrypt.org"]

  private func objection(
    _ records: String..., name: String = "shop.test", by kind: ChallengeKind = .http01,
    account: String? = nil
  ) -> String? {
    let properties = records.compactMap {
      CAAPolicy.Property(DNSRecord(name: "shop.test.", type: "CAA", data: $0))
    }
    return CAAPolicy(owner: "shop.test.", properties: properties)
      .objection(to: Self.ca, for: name, by: kind, account: account)
  }

  @Test("name the CAs that may issue")
  func issue() {
    #expect(objection(#"0 issue "letsencrypt.org""#) == nil)
    #expect(objection(#"0 ISSUE " LetsEncrypt.org ; a=b""#) == nil)
    #expect(objection(#"0 issue "ca.test""#, #"0 issue "letsencrypt.org""#) == nil)
    #expect(objection(#"0 iodef "mailto:a@shop.test""#) == nil)
    #expect(
      objection(#"0 issue "ca.test""#)
        == "the CAA records of shop.test. allow only ca.test, and not letsencrypt.org")
    #expect(
      objection(#"0 issue ";""#)
        == "the CAA records of shop.test. allow no CA, and not letsencrypt.org")
    #expect(objection(#"0 issue """#) != nil)
    #expect(objection(#"0 issue "evil-letsencrypt.org""#) != nil)
  }

  @Test("have their own rule for wildcards, which others do not follow")
  func wildcard() {
    let records = [#"0 issue "ca.test""#, #"0 issuewild "letsencrypt.org""#]
    #expect(objection(records[0], records[1], name: "*.shop.test") == nil)
    #expect(objection(records[0], records[1]) != nil)
    #expect(objection(#"0 issuewild "ca.test""#) == nil)
    #expect(objection(#"0 issuewild "ca.test""#, name: "*.shop.test") != nil)
    #expect(objection(#"0 issue "letsencrypt.org""#, name: "*.shop.test") == nil)
  }

  @Test("forbid issuing with a critical property that CAs do not know")
  func critical() {
    #expect(objection(#"128 issue "letsencrypt.org""#) == nil)
    #expect(objection(#"0 issue "letsencrypt.org""#, #"0 future "x""#) == nil)
    #expect(
      objection(#"0 issue "letsencrypt.org""#, #"128 future "x""#)
        == "the CAA records of shop.test. have the critical property \"future\"")
  }

  @Test("can restrict methods and accounts")
  func parameters() {
    let method = #"0 issue "letsencrypt.org; validationmethods=dns-01,tls-alpn-01""#
    #expect(objection(method, by: .dns01) == nil)
    #expect(objection(method) == "the CAA records of shop.test. do not allow http-01")
    let account = #"0 issue "letsencrypt.org; accounturi=https://ca.test/acct/1""#
    #expect(objection(account, account: "https://ca.test/acct/1") == nil)
    #expect(objection(account) == nil)
    #expect(
      objection(account, account: "https://ca.test/acct/2")
        == "the CAA records of shop.test. allow other accounts only")
    #expect(objection(method, account, account: "https://ca.test/acct/1") == nil)
    #expect(objection(method, account, account: "https://ca.test/acct/2") != nil)
  }

  @Test(
    "are those of the name, or of the next name above it that has any",
    .requires(ChallengeResponder.isInstalled, "needs Debian's packages pebble and bind9-dnsutils"))
  func climb() async throws {
    let responder = try await ChallengeResponder()
    try responder.set(
      "add-caa", ["host": "shop.test.", "policies": [["tag": "issue", "value": "ca.test"]]])
    try responder.set(
      "add-caa",
      ["host": "own.shop.test.", "policies": [["tag": "issue", "value": "letsencrypt.org"]]])
    let dns = DNSClient(resolvers: [try #require(DNSServer(responder.dns))])
    for (name, owner, isAllowed) in [
      ("shop.test", "shop.test.", false), ("*.shop.test", "shop.test.", false),
      ("a.b.shop.test", "shop.test.", false), ("own.shop.test", "own.shop.test.", true),
      ("*.own.shop.test", "own.shop.test.", true), ("other.test", nil, true),
    ] {
      let policy = try await dns.caaPolicy(for: name)
      #expect(policy.owner == owner, "\(name)")
      #expect((policy.objection(to: Self.ca, for: name, by: .dns01) == nil) == isAllowed, "\(name)")
    }
    try responder.set("set-servfail", ["host": "broken.test."])
    await #expect(throws: DNSError.self) { try await dns.caaPolicy(for: "www.broken.test") }
  }
}
