internal import Glibc
package import SystemPackage

extension Errno {
  /// The error of the last system call; it must be read before any other call changes it.
  package static var current: Errno { Errno(rawValue: errno) }

  package var isRefusal: Bool { self == .connectionRefused }
  /// The peer is gone; which of the two errors the kernel reports depends on timing.
  package var isDisconnection: Bool { self == .brokenPipe || self == .connectionReset }
  package var isTemporary: Bool { self == .wouldBlock || self == .interrupted }

  /// Gives errors of swift-system their concrete type.
  static func naming<Value>(_ call: () throws -> Value) throws(Errno) -> Value {
    do {
      return try call()
    } catch let error as Errno {
      throw error
    } catch {
      preconditionFailure("swift-system threw \(error). This is a bug in deploy.")
    }
  }
}
