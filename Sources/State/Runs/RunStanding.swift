/// What is known of a run that has no end.
package enum RunStanding: String, Hashable, Sendable {
  case ended
  case running
  /// Its process has ended: it was killed, or its machine failed.
  case killed
  /// Nothing is known, for example because it runs on another machine.
  case notEnded = "not ended"
}
