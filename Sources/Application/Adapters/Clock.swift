package import Fleet
import FoundationEssentials
import State

extension Timestamp {
  /// The current time of the controller's clock.
  package static var current: Timestamp {
    Timestamp(secondsSince1970: Int64(Date().timeIntervalSince1970))
  }
}
