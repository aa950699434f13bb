package import Fleet

/// Why an ACME server did not do what it was asked for.
package struct ACMEError: Error, Hashable, CustomStringConvertible {
  /// The kind of the failure; code branches on it and not on the message.
  package enum Code: Hashable, Sendable {
    /// No answer, or one that is not ACME.
    case unreachable
    /// The server refused.
    case problem(Problem.Kind?)
    /// The server refuses for now; nil if it does not say how long.
    case rateLimited(until: Timestamp?)
    /// A name could not be proven, or the order ended in another way.
    case orderInvalid
    /// No challenge of a name can be answered.
    case noChallenge
    /// The server did not finish in time.
    case timedOut
    /// Signing or reading a certificate failed on the controller.
    case local
  }

  package let code: Code
  /// The host name of the server.
  package let server: String
  /// What was being done: "order a certificate for shop.example".
  package let action: String
  package let reason: String

  package var description: String { "could not \(action) at \(server): \(reason)" }
}
