import FoundationEssentials
import Glibc

extension Error {
  /// The system's own words, without Foundation's around them.
  package var reason: String {
    let cause = (self as? CocoaError)?.underlying ?? self
    guard let cause = cause as? POSIXError else { return "\(cause)" }
    return String(cString: strerror(cause.code.rawValue))
  }
}
