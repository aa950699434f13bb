internal import Foundation

/// An open file descriptor with one owner, closed with it and not inherited by programs.
final class Descriptor: Sendable {
  let number: Int32

  private init(adopting number: Int32) { self.number = number }

  deinit { close(number) }

  /// A pipe's reading and writing end.
  static func pipe() throws(SandboxError) -> (reading: Descriptor, writing: Descriptor) {
    var numbers: [Int32] = [-1, -1]
    guard Foundation.pipe(&numbers) == 0 else { throw .systemCall("pipe", errno) }
    for number in numbers { _ = fcntl(number, F_SETFD, FD_CLOEXEC) }
    return (Descriptor(adopting: numbers[0]), Descriptor(adopting: numbers[1]))
  }

  /// Two connected ends that no other thread's program can ever inherit, unlike a pipe's: the box
  /// lives as long as somebody holds the end that its owner keeps.
  static func lifeline() throws(SandboxError) -> (owner: Descriptor, box: Descriptor) {
    var numbers: [Int32] = [-1, -1]
    let kind = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
    guard socketpair(AF_UNIX, kind, 0, &numbers) == 0 else {
      throw .systemCall("socketpair", errno)
    }
    return (Descriptor(adopting: numbers[0]), Descriptor(adopting: numbers[1]))
  }

  /// A file without a name that holds the bytes, to be read from its start.
  static func unnamedFile(holding bytes: [UInt8]) throws(SandboxError) -> Descriptor {
    guard let file = tmpfile() else { throw .systemCall("tmpfile", errno) }
    defer { fclose(file) }
    guard fwrite(bytes, 1, bytes.count, file) == bytes.count, fflush(file) == 0 else {
      throw .systemCall("writing a temporary file", errno)
    }
    let number = fcntl(fileno(file), F_DUPFD_CLOEXEC, 0)
    guard number >= 0 else { throw .systemCall("fcntl", errno) }
    lseek(number, 0, SEEK_SET)
    return Descriptor(adopting: number)
  }

  func doNotBlock() { _ = fcntl(number, F_SETFL, O_NONBLOCK) }

  /// Writes all to a socket, and waits where it is full.
  func send(_ bytes: [UInt8]) throws(SandboxError) {
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes {
        Foundation.send(number, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
      }
      if count < 0, errno == EINTR { continue }
      // The box ended early; what it said on its way tells more than this.
      if count < 0, errno == EPIPE || errno == ECONNRESET { return }
      guard count >= 0 else { throw .systemCall("send", errno) }
      rest = rest.dropFirst(count)
    }
  }
}
