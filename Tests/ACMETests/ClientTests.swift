import Fleet
import Foundation
import Testing

@testable import ACME

@Suite("A client of an ACME server")
struct ClientTests {
  private let server: FakeServer
  private let clock = FakeClock()
  private let client: ACMEClient
  private let key: AccountKey

  private static let order = "https://ca.test/order"
  private static let token = "evaGxfADs6pSRb2LAv9IZf17Dt3juxGJ"

  init() throws {
    server = FakeServer()
    key = try AccountKey.generate()
    client = ACMEClient(
      directory: "https://ca.test/dir", key: key, transport: server, clock: clock)
    server.answer(
      "https://ca.test/account", status: 201, json: #"{"status":"valid"}"#,
      ["location": "https://ca.test/account/1"])
  }

  private var deadline: Timestamp { clock.now.adding(seconds: 600) }

  private func order(_ status: String, _ more: String = "") -> String {
    #"""
    {"status":"\#(status)","identifiers":[{"type":"dns","value":"shop.test"}],
     "authorizations":["https://ca.test/authz"],"finalize":"https://ca.test/finalize"\#(more)}
    """#
  }

  private func authorization(_ status: String, _ error: String = "") -> String {
    #"""
    {"status":"\#(status)","identifier":{"type":"dns","value":"shop.test"},"challenges":[
     {"type":"http-01","url":"https://ca.test/challenge","status":"\#(status)","token":"\#(Self.token)"\#(error)}]}
    """#
  }

  private func placed(_ status: String) throws -> PlacedOrder {
    PlacedOrder(
      url: "https://ca.test/order/1",
      order: try JSONDecoder().decode(Order.self, from: Data(order(status).utf8)))
  }

  // MARK: - Requests

  @Test("sends a message again for each refused nonce, with a new one")
  func nonces() async throws {
    for _ in 0..<7 { server.refuse(Self.order, "badNonce") }
    server.answer(
      Self.order, status: 201, json: order("pending"), ["location": "https://ca.test/order/1"])
    try await client.register(Registration(termsAgreed: true))
    let placed = try await client.order(["shop.test"])
    #expect(placed.url == "https://ca.test/order/1")
    let nonces = server.messages.map(\.header.nonce)
    #expect(nonces.count == 9 && Set(nonces).count == 9)
    #expect(clock.waits.isEmpty)
  }

  @Test("gives up if every nonce is refused")
  func endlessNonces() async throws {
    server.refuse(Self.order, "badNonce")
    let error = await #expect(throws: ACMEError.self) { try await client.order(["shop.test"]) }
    #expect(error?.code == .problem(.badNonce))
  }

  @Test("asks three times if the connection fails, and then says what failed")
  func connection() async throws {
    server.fail(Self.order, TransportError("curl: (7) Connection refused"))
    let error = await #expect(throws: ACMEError.self) { try await client.order(["shop.test"]) }
    #expect(
      error?.description
        == "could not order a certificate for shop.test at ca.test: curl: (7) Connection refused")
    #expect(clock.waits == [2, 4] && server.messages.count == 3)
  }

  @Test("does not ask again if asking again is useless")
  func finalFailure() async throws {
    server.fail(Self.order, TransportError("interrupted", isFinal: true))
    await #expect(throws: ACMEError.self) { try await client.order(["shop.test"]) }
    #expect(server.messages.count == 1)
  }

  @Test("waits as long as a busy server asks, if that is short")
  func shortWait() async throws {
    server.refuse(Self.order, "serverInternal", status: 503, ["retry-after": "17"])
    server.answer(
      Self.order, status: 201, json: order("pending"), ["location": "https://ca.test/order/1"])
    _ = try await client.order(["shop.test"])
    #expect(clock.waits == [17])
  }

  @Test("does not wait for a rate limit, and says when it ends")
  func rateLimit() async throws {
    server.refuse(Self.order, "rateLimited", status: 429, ["retry-after": "3600"])
    let error = await #expect(throws: ACMEError.self) { try await client.order(["shop.test"]) }
    #expect(error?.code == .rateLimited(until: clock.now.adding(seconds: 3600)))
    #expect(
      error?.reason == "rateLimited it is; try again after \(clock.now.adding(seconds: 3600))")
    #expect(server.messages.count == 1 && clock.waits.isEmpty)
  }

  @Test("names an answer that is not ACME")
  func nonsense() async throws {
    server.answer(Self.order, status: 201, json: "<html>")
    let error = await #expect(throws: ACMEError.self) { try await client.order(["shop.test"]) }
    #expect(error?.code == .unreachable)
  }

  // MARK: - Account

  @Test("signs with the key until it has an account, then in the account's name")
  func signer() async throws {
    server.answer(
      Self.order, status: 201, json: order("pending"), ["location": "https://ca.test/order/1"])
    try await client.register(Registration(contact: ["mailto:ops@shop.test"], termsAgreed: true))
    _ = try await client.order(["shop.test"])
    #expect(server.messages.map(\.header.kid) == [nil, "https://ca.test/account/1"])
    #expect(server.messages.map(\.header.alg) == ["ES256", "ES256"])
    #expect(
      server.payloads(to: "https://ca.test/account")
        == [#"{"contact":["mailto:ops@shop.test"],"termsOfServiceAgreed":true}"#])
  }

  @Test("changes the contact of an account that exists with another")
  func contact() async throws {
    let server = FakeServer()
    server.answer(
      "https://ca.test/account", json: #"{"status":"valid","contact":["mailto:old@shop.test"]}"#,
      ["location": "https://ca.test/account/1"])
    server.answer("https://ca.test/account/1", json: #"{"status":"valid"}"#)
    let client = ACMEClient(
      directory: "https://ca.test/dir", key: key, transport: server, clock: clock)
    try await client.register(Registration(contact: ["mailto:new@shop.test"], termsAgreed: true))
    #expect(
      server.payloads(to: "https://ca.test/account/1") == [#"{"contact":["mailto:new@shop.test"]}"#]
    )
  }

  @Test("refuses to agree to terms on its own, and names them")
  func terms() async throws {
    let directory =
      FakeServer.directory.dropLast() + #","meta":{"termsOfService":"https://ca.test/terms"}}"#
    let server = FakeServer(directory: String(directory))
    let client = ACMEClient(
      directory: "https://ca.test/dir", key: key, transport: server, clock: clock)
    let error = await #expect(throws: ACMEError.self) {
      try await client.register(Registration(termsAgreed: false))
    }
    #expect(error?.reason.contains("https://ca.test/terms") == true && server.messages.isEmpty)
  }

  @Test("tells a deactivated account from a server that cannot be reached")
  func deactivated() async throws {
    let server = FakeServer()
    server.answer(
      "https://ca.test/account", json: #"{"status":"deactivated"}"#,
      ["location": "https://ca.test/account/1"])
    let client = ACMEClient(
      directory: "https://ca.test/dir", key: key, transport: server, clock: clock)
    let error = await #expect(throws: ACMEError.self) {
      try await client.register(Registration(termsAgreed: true))
    }
    #expect(error?.code == .problem(.unauthorized))
    #expect(error?.reason == "the account is deactivated")
  }

  // MARK: - Proof and certificate

  @Test("answers a challenge, waits until it is checked, and cleans up")
  func proof() async throws {
    server.answer("https://ca.test/authz", json: authorization("pending"))
    server.answer("https://ca.test/authz", json: authorization("pending"), ["retry-after": "5"])
    server.answer("https://ca.test/authz", json: authorization("valid"))
    server.answer("https://ca.test/challenge", json: "{}")
    server.answer("https://ca.test/order/1", json: order("ready"))
    let solver = FakeSolver(.http01)
    let ready = try await client.prove(placed("pending"), with: solver, until: deadline)
    #expect(ready.order.status == .ready)
    #expect(solver.prepared.map(\.answer) == ["\(Self.token).\(key.thumbprint)"])
    #expect(solver.awaited == solver.prepared && solver.cleaned == solver.prepared)
    #expect(server.payloads(to: "https://ca.test/challenge") == ["{}"])
    #expect(clock.waits == [5])
  }

  @Test("answers nothing for a name that is proven already")
  func reused() async throws {
    server.answer("https://ca.test/authz", json: authorization("valid"))
    server.answer("https://ca.test/order/1", json: order("ready"))
    let solver = FakeSolver(.http01)
    _ = try await client.prove(placed("pending"), with: solver, until: deadline)
    #expect(solver.prepared.isEmpty && server.payloads(to: "https://ca.test/challenge").isEmpty)
  }

  @Test("cleans up and says what the server found if a name cannot be proven")
  func failedProof() async throws {
    server.answer("https://ca.test/authz", json: authorization("pending"))
    server.answer(
      "https://ca.test/authz",
      json: authorization("invalid", #","error":{"detail":"404 at /.well-known"}"#))
    server.answer("https://ca.test/challenge", json: "{}")
    let solver = FakeSolver(.http01)
    let error = await #expect(throws: ACMEError.self) {
      try await client.prove(placed("pending"), with: solver, until: deadline)
    }
    #expect(error?.code == .orderInvalid && error?.reason == "shop.test: 404 at /.well-known")
    #expect(solver.cleaned == solver.prepared && solver.prepared.count == 1)
  }

  @Test("names the ways that the server offers if none is set up")
  func noWay() async throws {
    server.answer("https://ca.test/authz", json: authorization("pending"))
    let error = await #expect(throws: ACMEError.self) {
      try await client.prove(placed("pending"), with: FakeSolver(.dns01), until: deadline)
    }
    #expect(error?.code == .noChallenge && error?.reason.contains("http-01 only") == true)
  }

  @Test(
    "does not answer a challenge whose token is not base64url",
    arguments: ["short", "../../../../etc/passwd-and-more"])
  func hostileToken(_ token: String) async throws {
    server.answer(
      "https://ca.test/authz", json: authorization("pending").replacing(Self.token, with: token))
    let solver = FakeSolver(.http01)
    await #expect(throws: ACMEError.self) {
      try await client.prove(placed("pending"), with: solver, until: deadline)
    }
    #expect(solver.prepared.isEmpty)
  }

  @Test("waits for an order that is processing, until the deadline")
  func processing() async throws {
    server.answer("https://ca.test/finalize", json: order("processing"))
    server.answer("https://ca.test/order/1", json: order("processing"), ["retry-after": "200"])
    let error = await #expect(throws: ACMEError.self) {
      try await client.finalize(placed("ready"), with: [1], until: deadline)
    }
    #expect(error?.code == .timedOut)
    #expect(clock.waits == [200, 200, 200])
  }

  @Test("continues an order that was finalized before, without a second request")
  func continued() async throws {
    server.answer(
      "https://ca.test/order/1", json: order("valid", #","certificate":"https://ca.test/cert""#))
    let valid = try await client.finalize(placed("processing"), with: [1], until: deadline)
    #expect(valid.order.certificate == "https://ca.test/cert")
    #expect(server.payloads(to: "https://ca.test/finalize").isEmpty)
  }

  @Test("says why an order became invalid")
  func invalid() async throws {
    server.answer(
      "https://ca.test/finalize", json: order("invalid", #","error":{"detail":"CAA forbids it"}"#))
    let error = await #expect(throws: ACMEError.self) {
      try await client.finalize(placed("ready"), with: [1], until: deadline)
    }
    #expect(error?.code == .orderInvalid && error?.reason == "CAA forbids it")
  }

  @Test("takes a certificate that is revoked already as revoked")
  func revoked() async throws {
    server.refuse("https://ca.test/revoke", "alreadyRevoked")
    try await client.revoke([1, 2], reason: 4)
    #expect(server.payloads(to: "https://ca.test/revoke") == [#"{"certificate":"AQI","reason":4}"#])
  }
}
