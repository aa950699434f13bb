internal import Glibc

/// A file descriptor, closed when its owner lets go of it.
struct Descriptor: ~Copyable, Sendable {
  let number: Int32

  /// Takes what a system call has just returned; a negative number means that it failed.
  init(adopting number: Int32) throws(SystemError) {
    guard number >= 0 else { throw SystemError.current }
    self.number = number
  }

  deinit { close(number) }
}

/// A system call's error.
struct SystemError: Error, Hashable, CustomStringConvertible {
  let number: Int32

  /// Must be read before any other call changes it.
  static var current: SystemError { SystemError(number: errno) }

  var isRefusal: Bool { number == ECONNREFUSED }
  /// The peer has gone; which of them the kernel says depends on who was faster.
  var isDisconnection: Bool { number == EPIPE || number == ECONNRESET }
  var isTemporary: Bool { number == EAGAIN || number == EINTR }

  var description: String {
    var text = [CChar](repeating: 0, count: 256)
    guard strerror_r(number, &text, text.count) == 0 else { return "error \(number)" }
    return text.withUnsafeBufferPointer { $0.baseAddress.map { String(cString: $0) } ?? "" }
  }
}
