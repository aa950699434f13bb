import Certificates
import Fleet
import FoundationEssentials

/// A client of one ACME server for one account (RFC 8555).
///
/// It repeats what may be repeated: refused nonces, short waits that the server asks for, and failures
/// of the connection and of the server. Everything else is an ``ACMEError``.
package actor ACMEClient {
  let key: AccountKey
  let transport: any ACMETransport
  let clock: any ACMEClock
  private let directoryURL: String
  private var known: Directory?
  private var nonces: [String] = []
  /// The account's URL; nil until ``register(_:)`` has returned.
  private(set) var account: String?

  /// - Parameter directory: the URL of the server's directory.
  package init(
    directory: String, key: AccountKey, transport: any ACMETransport, clock: any ACMEClock
  ) {
    directoryURL = directory
    self.key = key
    self.transport = transport
    self.clock = clock
  }

  /// The server's URLs; read once.
  package func directory() async throws(ACMEError) -> Directory {
    if let known { return known }
    let action = "read the directory"
    let response = try await answer(to: .init(.get, directoryURL), action)
    let directory = try decode(Directory.self, response, action)
    known = directory
    return directory
  }

  func remember(account url: String) { account = url }

  // MARK: - Requests

  /// Reads a resource with a signed request (POST-as-GET, RFC 8555, 6.3).
  func read(_ url: String, _ action: String) async throws(ACMEError) -> HTTPResponse {
    try await post([], to: url, action)
  }

  /// Sends a signed message. The account signs by its URL, if it is registered.
  func post(
    _ payload: [UInt8], to url: String, _ action: String
  ) async throws(ACMEError) -> HTTPResponse {
    var retries = Retries()
    while true {
      let nonce = try await nonce(action)
      let message: SignedMessage
      do {
        message = try SignedMessage(
          payload, to: url, nonce: nonce, by: account.map { .account($0) } ?? .key, key)
      } catch {
        throw failure(.local, action, "\(error)")
      }
      let response = try await answer(to: .init(.post(JSON.encode(message)), url), action)
      if response.isSuccess { return response }
      let problem = problem(in: response)
      guard let seconds = retries.delay(after: response, problem, at: clock.now) else {
        throw refusal(response, problem, action)
      }
      try await wait(seconds, action)
    }
  }

  /// Sends a request until there is an answer, at most three times.
  func answer(to request: HTTPRequest, _ action: String) async throws(ACMEError) -> HTTPResponse {
    var attempts = 0
    while true {
      do throws(TransportError) {
        let response = try await transport.send(request)
        nonces += response.fields["replay-nonce"] ?? []
        return response
      } catch {
        attempts += 1
        guard !error.isFinal, attempts < Retries.mostFailures else {
          throw failure(.unreachable, action, error.reason)
        }
        try await wait(Retries.delay(ofFailure: attempts), action)
      }
    }
  }

  private func nonce(_ action: String) async throws(ACMEError) -> String {
    if let nonce = nonces.popLast() { return nonce }
    let response = try await answer(to: .init(.head, try await directory().newNonce), action)
    guard response.isSuccess, let nonce = nonces.popLast() else {
      throw failure(.unreachable, action, "the server gives no nonce (status \(response.status))")
    }
    return nonce
  }

  func wait(_ seconds: Int64, _ action: String) async throws(ACMEError) {
    do {
      if seconds > 0 { try await clock.wait(seconds: seconds) }
    } catch {
      throw failure(.local, action, "interrupted")
    }
  }

  // MARK: - Answers

  func decode<Value: Decodable>(
    _ type: Value.Type, _ response: HTTPResponse, _ action: String
  ) throws(ACMEError) -> Value {
    guard response.isSuccess else { throw refusal(response, problem(in: response), action) }
    do {
      return try JSONDecoder().decode(type, from: Data(response.body))
    } catch {
      throw failure(.unreachable, action, "the answer is not what RFC 8555 says: \(error)")
    }
  }

  private func problem(in response: HTTPResponse) -> Problem? {
    try? JSONDecoder().decode(Problem.self, from: Data(response.body))
  }

  func failure(_ code: ACMEError.Code, _ action: String, _ reason: String) -> ACMEError {
    let server = directoryURL.split(separator: "/").dropFirst().first.map(String.init)
    return ACMEError(code: code, server: server ?? directoryURL, action: action, reason: reason)
  }

  private func refusal(
    _ response: HTTPResponse, _ problem: Problem?, _ action: String
  ) -> ACMEError {
    guard let problem else {
      return failure(.unreachable, action, "it answered with status \(response.status)")
    }
    switch problem.kind {
    case .rateLimited:
      let until = response.retryTime(from: clock.now)
      return failure(
        .rateLimited(until: until), action,
        problem.text + (until.map { "; try again after \($0)" } ?? ""))
    case .userActionRequired:
      let page = problem.instance.map { "; visit \($0)" } ?? ""
      return failure(.problem(.userActionRequired), action, problem.text + page)
    case let kind: return failure(.problem(kind), action, problem.text)
    }
  }
}
