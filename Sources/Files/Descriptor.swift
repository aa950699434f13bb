internal import Glibc

/// A file descriptor, closed when its owner lets go of it.
package struct Descriptor: ~Copyable, Sendable {
  package let number: Int32

  /// Takes what a system call has just returned; a negative number means that it failed.
  package init(adopting number: Int32) throws(SystemError) {
    guard number >= 0 else { throw SystemError.current }
    self.number = number
  }

  deinit { close(number) }

  /// Reads what fits into the buffer; 0 at the end of the file.
  borrowing func read(into buffer: UnsafeMutableRawBufferPointer) throws(SystemError) -> Int {
    while true {
      let count = Glibc.read(number, buffer.baseAddress, buffer.count)
      if count >= 0 { return count }
      guard errno == EINTR else { throw SystemError.current }
    }
  }

  /// Writes all bytes to a file.
  borrowing func write(_ bytes: [UInt8]) throws(SystemError) {
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { Glibc.write(number, $0.baseAddress, $0.count) }
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw SystemError.current }
      rest = rest.dropFirst(count)
    }
  }

  /// Waits until the disk has what was written.
  borrowing func synchronize() throws(SystemError) {
    guard fsync(number) == 0 else { throw SystemError.current }
  }

  borrowing func status() throws(SystemError) -> FileStatus {
    var status = stat()
    guard fstat(number, &status) == 0 else { throw SystemError.current }
    return FileStatus(status)
  }
}

/// A system call's error.
package struct SystemError: Error, Hashable, CustomStringConvertible {
  package let number: Int32

  package init(number: Int32) { self.number = number }

  /// Must be read before any other call changes it.
  package static var current: SystemError { SystemError(number: errno) }

  package var isRefusal: Bool { number == ECONNREFUSED }
  /// The peer has gone; which of them the kernel says depends on who was faster.
  package var isDisconnection: Bool { number == EPIPE || number == ECONNRESET }
  package var isTemporary: Bool { number == EAGAIN || number == EINTR }

  package var description: String {
    var text = [CChar](repeating: 0, count: 256)
    guard strerror_r(number, &text, text.count) == 0 else { return "error \(number)" }
    return text.withUnsafeBufferPointer { $0.baseAddress.map { String(cString: $0) } ?? "" }
  }
}
