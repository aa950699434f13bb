/// Carries requests to an ACME server and answers back.
package protocol ACMETransport: Sendable {
  /// - Throws: `TransportError` if there is no answer.
  func send(_ request: HTTPRequest) async throws(TransportError) -> HTTPResponse
}

/// Why a server did not answer.
package struct TransportError: Error, Hashable, Sendable {
  package var reason: String
  /// Whether it makes no sense to try again: no curl, or the command was interrupted.
  package var isFinal: Bool

  package init(_ reason: String, isFinal: Bool = false) {
    self.reason = reason
    self.isFinal = isFinal
  }
}
