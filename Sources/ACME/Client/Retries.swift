import Fleet

/// How often and when a refused request is sent again.
struct Retries {
  /// How often a server without an answer is asked.
  static let mostFailures = 3
  private static let mostNonces = 20
  /// A longer wait is the caller's decision: the current certificate stays meanwhile.
  private static let longestWait: Int64 = 60

  private var refusedNonces = 0
  private var failures = 0

  /// Seconds before another attempt after a number of failures in a row.
  static func delay(ofFailure number: Int) -> Int64 { 1 << min(number, 5) }

  /// The seconds to wait before the request is sent again; nil if it is not.
  mutating func delay(
    after response: HTTPResponse, _ problem: Problem?, at now: Timestamp
  ) -> Int64? {
    if problem?.kind == .badNonce {
      refusedNonces += 1
      return refusedNonces <= Self.mostNonces ? 0 : nil
    }
    guard response.status == 429 || response.status >= 500 else { return nil }
    failures += 1
    guard failures < Self.mostFailures else { return nil }
    guard let time = response.retryTime(from: now) else {
      return response.status == 429 ? nil : Self.delay(ofFailure: failures)
    }
    let seconds = max(time.secondsSince1970 - now.secondsSince1970, 0)
    return seconds <= Self.longestWait ? seconds : nil
  }
}
