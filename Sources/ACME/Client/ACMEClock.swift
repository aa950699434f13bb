package import Fleet

/// The time as the client of an ACME server sees it.
package protocol ACMEClock: Sendable {
  var now: Timestamp { get }
  /// Returns after this many seconds.
  ///
  /// - Throws: `CancellationError` if the run is interrupted.
  func wait(seconds: Int64) async throws
}
