import Certificates
import Fleet
import FoundationEssentials
import Synchronization

@testable import ACME

/// An ACME server in memory: it answers each URL with what the test has lined up for it, and keeps what it was sent.
final class FakeServer: ACMETransport {
  /// A message that it was sent, without its signature.
  struct Message: Decodable {
    struct Header: Decodable {
      var alg: String
      var kid: String?
      var nonce: String?
      var url: String
    }
    let header: Header
    let payload: String
  }

  private struct Contents {
    var answers: [String: [Result<HTTPResponse, TransportError>]] = [:]
    var messages: [Message] = []
    var nonces = 0
  }

  static let directory = """
    {"newNonce":"https://ca.test/nonce","newAccount":"https://ca.test/account",
     "newOrder":"https://ca.test/order","revokeCert":"https://ca.test/revoke",
     "renewalInfo":"https://ca.test/renewal"}
    """

  private let contents = Mutex(Contents())

  init(directory: String = FakeServer.directory) {
    answer("https://ca.test/dir", json: directory)
    answer("https://ca.test/nonce", status: 204)
  }

  var messages: [Message] { contents.withLock { $0.messages } }

  /// The payloads of the messages to a URL, in their order.
  func payloads(to url: String) -> [String] {
    messages.filter { $0.header.url == url }.map(\.payload)
  }

  /// Lines up an answer; the last one of a URL is repeated.
  func answer(
    _ url: String, status: Int = 200, json: String = "", _ fields: [String: String] = [:]
  ) {
    let response = HTTPResponse(
      status: status, fields: fields.mapValues { [$0] }, body: Array(json.utf8))
    contents.withLock { $0.answers[url, default: []].append(.success(response)) }
  }

  /// Lines up an error of the server.
  func refuse(
    _ url: String, _ kind: String, status: Int = 400, _ fields: [String: String] = [:]
  ) {
    answer(
      url, status: status,
      json: #"{"type":"urn:ietf:params:acme:error:\#(kind)","detail":"\#(kind) it is"}"#, fields)
  }

  /// Lines up a failure of the connection.
  func fail(_ url: String, _ error: TransportError) {
    contents.withLock { $0.answers[url, default: []].append(.failure(error)) }
  }

  func send(_ request: HTTPRequest) async throws(TransportError) -> HTTPResponse {
    let answer = contents.withLock { contents -> Result<HTTPResponse, TransportError> in
      if case .post(let body) = request.method { contents.messages.append(Self.read(body)) }
      guard let lined = contents.answers[request.url]?.first else {
        return .success(HTTPResponse(status: 404))
      }
      if contents.answers[request.url]?.count != 1 { contents.answers[request.url]?.removeFirst() }
      contents.nonces += 1
      return lined.map { response in
        var response = response
        response.fields["replay-nonce"] = ["nonce-\(contents.nonces)"]
        return response
      }
    }
    return try answer.get()
  }

  private static func read(_ body: [UInt8]) -> Message {
    struct Parts: Decodable { var protected, payload: String }
    do {
      let parts = try JSONDecoder().decode(Parts.self, from: Data(body))
      let header = Base64URL.decode(parts.protected) ?? []
      return Message(
        header: try JSONDecoder().decode(Message.Header.self, from: Data(header)),
        payload: String(decoding: Base64URL.decode(parts.payload) ?? [], as: UTF8.self))
    } catch {
      preconditionFailure("a message that is not a JSON Web Signature: \(error)")
    }
  }
}

/// A clock that is at its moment at once, and keeps what was waited for.
final class FakeClock: ACMEClock {
  private let state = Mutex((now: Timestamp(secondsSince1970: 1_800_000_000), waits: [Int64]()))
  private let event: @Sendable (Int) async throws -> Void

  /// - Parameter event: happens in each wait; it gets the number of the wait, 1 for the first.
  init(_ event: @escaping @Sendable (Int) async throws -> Void = { _ in }) { self.event = event }

  var now: Timestamp { state.withLock { $0.now } }
  var waits: [Int64] { state.withLock { $0.waits } }

  func wait(seconds: Int64) async throws {
    let number = state.withLock {
      $0.now = $0.now.adding(seconds: seconds)
      $0.waits.append(seconds)
      return $0.waits.count
    }
    try await event(number)
  }
}

/// Answers no challenge itself, as hosts do whose nginx knows the thumbprint; keeps what it was asked for.
final class FakeSolver: ChallengeSolver {
  private let kinds: [ChallengeKind]
  private let seen = Mutex(
    (prepared: [ChallengeTask](), awaited: [ChallengeTask](), cleaned: [ChallengeTask]()))

  init(_ kinds: ChallengeKind...) { self.kinds = kinds }

  var prepared: [ChallengeTask] { seen.withLock { $0.prepared } }
  var awaited: [ChallengeTask] { seen.withLock { $0.awaited } }
  var cleaned: [ChallengeTask] { seen.withLock { $0.cleaned } }

  func kinds(for name: String) -> [ChallengeKind] { kinds }
  func prepare(_ task: ChallengeTask) async throws { seen.withLock { $0.prepared.append(task) } }
  func waitUntilVisible(_ tasks: [ChallengeTask]) async throws {
    seen.withLock { $0.awaited += $0.prepared == tasks ? tasks : [] }
  }
  func cleanUp(_ task: ChallengeTask) async { seen.withLock { $0.cleaned.append(task) } }
}
