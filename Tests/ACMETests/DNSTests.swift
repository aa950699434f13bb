import Fleet
import TestSupport
import Testing

@testable import ACME

@Suite("What dig prints is read")
struct DNSAnswerTests {
  private static let header = ";; ->>HEADER<<- opcode: QUERY, status: NOERROR, id: 41"

  private func records(_ lines: String...) throws -> [DNSRecord] {
    let text = ([Self.header, ";; ANSWER SECTION:"] + lines).joined(separator: "\n")
    return try #require(DNSAnswer(dig: text)).records
  }

  @Test("names in lower case, and data as it is")
  func record() throws {
    let found = try records("Shop.TEST.\t\t300\tIN\tCNAME\tEdge.Shop.Test.")
    #expect(found == [DNSRecord(name: "shop.test.", type: "CNAME", data: "Edge.Shop.Test.")])
    #expect(found.first?.target == "edge.shop.test.")
  }

  @Test("the strings of a record without quotes and escapes")
  func strings() throws {
    let found = try records(
      #"a.test. 1 IN TXT "one" "two \"quoted\" \\ \195\164; end""#,
      #"a.test. 1 IN CAA 128 issue "ca.test; a=b""#, #"a.test. 1 IN TXT """#,
      #"a.test. 1 IN TXT "open \"#)
    #expect(
      found.map(\.strings) == [
        ["one", "two \"quoted\" \\ ä; end"], ["128", "issue", "ca.test; a=b"], [""], ["open \\"],
      ])
  }

  @Test("the status of the last answer, and nothing without one")
  func status() throws {
    let text = """
      ;; Truncated, retrying in TCP mode.
      ;; ->>HEADER<<- opcode: QUERY, status: SERVFAIL, id: 1
      ;; flags: qr aa rd; QUERY: 1, ANSWER: 0
      """
    #expect(DNSAnswer(dig: text)?.status == "SERVFAIL")
    #expect(DNSAnswer(dig: Self.header + "\n" + text)?.status == "SERVFAIL")
    #expect(DNSAnswer(dig: ";; communications error to 127.0.0.1#53: timed out") == nil)
    #expect(DNSAnswer(dig: "") == nil)
  }

  @Test("servers are an address, or an address and a port")
  func servers() {
    let read = ["192.0.2.1", "192.0.2.1:8053", "2001:db8::1", "[2001:db8::1]:8053"]
    for text in read { #expect(DNSServer(text)?.description == text) }
    #expect(DNSServer("192.0.2.1:53")?.description == "192.0.2.1")
    let wrong = [
      "ns.test", "192.0.2.1:", "192.0.2.1:0", "192.0.2.1:dns", "[192.0.2.1]:53", "[2001:db8::1]",
      "", ":53", "[]:53",
    ]
    for text in wrong { #expect(DNSServer(text) == nil, "\(text)") }
  }
}

@Suite(
  "Name servers are found", .requires(ZoneServers.isInstalled, "needs python3 and bind9-dnsutils"))
struct NameServersTests {
  @Test("those of the nearest zone above a name, with their addresses")
  func zone() async throws {
    let servers = try await ZoneServers { zones in
      zones["127.0.0.1"]??["ns2.shop.test."] = ["A": ["127.0.0.3"], "AAAA": ["::1"]]
    }
    let found = try await servers.dns.nameServers(for: "_acme-challenge.a.b.shop.test.")
    #expect(found.zone == "shop.test.")
    #expect(found.servers.map(\.name) == ["ns1.shop.test.", "ns2.shop.test."])
    #expect(
      found.servers.map { $0.addresses.map(\.description) } == [
        ["127.0.0.2"], ["127.0.0.3", "::1"],
      ]
    )
  }

  @Test("not if no zone is known, or none of its servers has an address")
  func none() async throws {
    let servers = try await ZoneServers { zones in
      zones["127.0.0.1"]??["empty.test."] = ["SOA": [ZoneServers.soa], "NS": ["ns.empty.test."]]
      zones["127.0.0.1"]??["broken.test."] = ["A": ["127.0.0.1"]]
    }
    for (name, words) in [
      ("www.other.example.", "no zone of www.other.example. is known"),
      ("www.empty.test.", "the zone empty.test. has no name server with an address"),
    ] {
      let error = await #expect(throws: DNSError.self) {
        try await servers.dns.nameServers(for: name)
      }
      #expect(error?.description == words)
    }
  }

  @Test("by an alias of the record, but not by one that a wildcard makes")
  func alias() async throws {
    let servers = try await ZoneServers { zones in
      zones["127.0.0.1"]??[ZoneServers.record] = ["CNAME": ["Shop.acme.test."]]
      zones["127.0.0.1"]??["shop.acme.test."] = ["CNAME": ["end.acme.test."]]
      zones["127.0.0.1"]??["*.wild.test."] = ["CNAME": ["balancer.test."]]
      zones["127.0.0.1"]??["_acme-challenge.loop.test."] = ["CNAME": ["loop.test."]]
      zones["127.0.0.1"]??["loop.test."] = ["CNAME": ["_acme-challenge.loop.test."]]
    }
    let dns = try servers.dns
    #expect(try await dns.target(of: ZoneServers.record) == "end.acme.test.")
    #expect(
      try await dns.target(of: "_acme-challenge.wild.test.") == "_acme-challenge.wild.test.")
    #expect(
      try await dns.target(of: "_acme-challenge.none.test.") == "_acme-challenge.none.test.")
    await #expect(throws: DNSError.self) { try await dns.target(of: "loop.test.") }
  }

  @Test("with the next resolver if one gives no answer, and the message has what dig says")
  func resolvers() async throws {
    let servers = try await ZoneServers { zones in
      zones["127.0.0.1"]??["www.shop.test."] = ["A": ["192.0.2.1"]]
    }
    let dead = try #require(DNSServer("127.0.0.9:\(servers.port)"))
    let living = try #require(DNSServer("127.0.0.1:\(servers.port)"))
    let found = try await DNSClient(resolvers: [dead, living]).look(up: "www.shop.test.", "A")
    #expect(found.records.map(\.data) == ["192.0.2.1"])
    let error = await #expect(throws: DNSError.self) {
      try await DNSClient(resolvers: [dead]).look(up: "shop.test.", "A")
    }
    #expect(error?.description.contains("127.0.0.9") == true, "\(error?.description ?? "")")
  }

  @Test("only with dig, and the message names its package")
  func missing() async throws {
    let error = await #expect(throws: DNSError.self) {
      try await DNSClient(program: "no-such-dig").look(up: "shop.test.", "A")
    }
    #expect(error?.description.contains("bind9-dnsutils") == true, "\(error?.description ?? "")")
  }
}
