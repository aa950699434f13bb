package import Fleet
import FoundationEssentials
import State

extension Timestamp {
  /// The present, by the clock of the controller.
  package static var current: Timestamp {
    Timestamp(secondsSince1970: Int64(Date().timeIntervalSince1970))
  }
}
