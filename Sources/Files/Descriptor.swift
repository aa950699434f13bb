internal import Glibc
package import SystemPackage

/// An open file descriptor with one owner; closed when the owner releases it.
package struct Descriptor: ~Copyable, Sendable {
  private let file: FileDescriptor
  package var number: Int32 { file.rawValue }

  /// Takes over the result of a system call; a negative number means that it failed.
  package init(adopting number: Int32) throws(Errno) {
    guard number >= 0 else { throw Errno.current }
    file = FileDescriptor(rawValue: number)
  }

  deinit { close(number) }

  /// Reads what fits into the buffer; 0 at the end of the file.
  borrowing func read(into buffer: UnsafeMutableRawBufferPointer) throws(Errno) -> Int {
    let file = file
    return try Errno.naming { try file.read(into: buffer) }
  }

  /// Writes all bytes to a file.
  borrowing func write(_ bytes: [UInt8]) throws(Errno) {
    let file = file
    _ = try Errno.naming { try file.writeAll(bytes) }
  }

  /// Waits until the written data is on the disk.
  borrowing func synchronize() throws(Errno) {
    guard fsync(number) == 0 else { throw Errno.current }
  }

  borrowing func status() throws(Errno) -> FileStatus {
    var status = stat()
    guard fstat(number, &status) == 0 else { throw Errno.current }
    return FileStatus(status)
  }
}

/// A descriptor with several owners; closed when the last one releases it.
package final class SharedDescriptor: Sendable {
  private let descriptor: Descriptor
  package var number: Int32 { descriptor.number }

  /// Takes over the result of a system call; a negative number means that it failed.
  package init(adopting number: Int32) throws(Errno) {
    descriptor = try Descriptor(adopting: number)
  }

  /// Makes calls return instead of waiting.
  package func doNotBlock() { _ = fcntl(number, F_SETFL, O_NONBLOCK) }
}
