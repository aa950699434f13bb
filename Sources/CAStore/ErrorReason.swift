import FoundationEssentials
import Glibc

extension Error {
  /// The message of the system, without the text that Foundation adds.
  package var reason: String {
    let cause = (self as? CocoaError)?.underlying ?? self
    guard let cause = cause as? POSIXError else { return "\(cause)" }
    return String(cString: strerror(cause.code.rawValue))
  }
}
