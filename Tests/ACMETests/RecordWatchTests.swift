import Fleet
import TestSupport
import Testing

@testable import ACME

@Suite(
  "Records are awaited", .timeLimit(.minutes(2)),
  .requires(ZoneServers.isInstalled, "needs python3 and bind9-dnsutils"))
struct RecordWatchTests {
  private static let values = [ZoneServers.record: Set(["value-1", "value-2"])]

  /// Waits as the solver does: at authoritative servers, which the resolver names.
  private func wait(
    at servers: ZoneServers, clock: FakeClock, seconds: Int64 = 120
  ) async throws {
    try await RecordWatch(
      dns: servers.dns, servers: .authoritative(port: servers.port), clock: clock, seconds: seconds
    ).wait(for: Self.values)
  }

  private func failure(
    at servers: ZoneServers, clock: FakeClock = FakeClock(), seconds: Int64 = 7
  ) async -> String {
    let error = await #expect(throws: RecordWatch.Failure.self) {
      try await wait(at: servers, clock: clock, seconds: seconds)
    }
    return error?.description ?? ""
  }

  private static func both(_ zones: inout [String: [String: ZoneServers.Records]?]) {
    for server in ["127.0.0.2", "127.0.0.3"] {
      zones[server]??[ZoneServers.record] = ["TXT": ["value-2", "other", "value-1"]]
    }
  }

  @Test("no longer than until every authoritative server shows every value")
  func late() async throws {
    let servers = try await ZoneServers()
    let clock = FakeClock { number in
      try servers.set { zones in
        switch number {
        case 1: zones["127.0.0.2"]??[ZoneServers.record] = ["TXT": ["value-1"]]
        case 2:
          zones["127.0.0.2"]??[ZoneServers.record] = ["TXT": ["value-1", "value-2"]]
          zones["127.0.0.3"]??[ZoneServers.record] = ["TXT": ["old"]]
        default: Self.both(&zones)
        }
      }
    }
    try await wait(at: servers, clock: clock)
    #expect(clock.waits == [2, 2, 2])
  }

  @Test("until the deadline, and the message says what each server has instead")
  func wrong() async throws {
    let servers = try await ZoneServers { zones in
      zones["127.0.0.2"]??[ZoneServers.record] = ["TXT": ["wrong\u{1B}[31m", "value-1"]]
    }
    let clock = FakeClock()
    let text = await failure(at: servers, clock: clock)
    #expect(
      text == """
        the TXT record _acme-challenge.shop.test. does not have the value "value-1", "value-2" on \
        every name server after 7 s: ns1.shop.test. has "value-1", "wrong\\u{1B}[31m"; \
        ns2.shop.test. has no such record
        """)
    #expect(clock.waits == [2, 2, 2])
  }

  @Test("not at the resolver: its answer may be old")
  func resolver() async throws {
    let servers = try await ZoneServers { zones in
      zones["127.0.0.1"]??[ZoneServers.record] = ["TXT": ["value-1", "value-2"]]
    }
    #expect(await failure(at: servers).contains("ns1.shop.test. has no such record"))
  }

  @Test("a server without an answer is asked three times, then left out if another one answers")
  func silent() async throws {
    let servers = try await ZoneServers { zones in
      Self.both(&zones)
      zones["127.0.0.1"]??["ns2.shop.test."] = ["A": ["127.0.0.99"]]
    }
    let clock = FakeClock()
    try await wait(at: servers, clock: clock)
    #expect(clock.waits == [2, 2])
  }

  @Test("a failure that no server answers names what dig says")
  func allSilent() async throws {
    let servers = try await ZoneServers { zones in
      zones["127.0.0.1"]??["ns1.shop.test."] = ["A": ["127.0.0.98"]]
      zones["127.0.0.1"]??["ns2.shop.test."] = ["A": ["127.0.0.99"]]
    }
    let text = await failure(at: servers)
    #expect(text.contains("ns1.shop.test. cannot answer ("), "\(text)")
    #expect(text.contains("127.0.0.98") && text.contains("127.0.0.99"), "\(text)")
  }

  @Test("each address of a server that answers has to show the record")
  func addresses() async throws {
    let servers = try await ZoneServers { zones in
      Self.both(&zones)
      zones["127.0.0.1"]??["ns2.shop.test."] = ["A": ["127.0.0.3", "127.0.0.4", "127.0.0.99"]]
    }
    #expect(
      await failure(at: servers).hasSuffix("after 7 s: ns2.shop.test. has no such record"))
    try servers.set { zones in
      Self.both(&zones)
      zones["127.0.0.1"]??["ns2.shop.test."] = ["A": ["127.0.0.3", "127.0.0.99"]]
    }
    try await wait(at: servers, clock: FakeClock())
  }

  @Test("servers that refuse to answer have not shown the record")
  func refusing() async throws {
    let servers = try await ZoneServers { zones in
      Self.both(&zones)
      zones["127.0.0.2"]??[ZoneServers.record] = ["STATUS": ["REFUSED"]]
      zones["127.0.0.3"]??[ZoneServers.record] = ["STATUS": ["REFUSED"]]
    }
    let text = await failure(at: servers)
    #expect(text.contains("ns1.shop.test. cannot answer (status REFUSED)"), "\(text)")
  }
}
