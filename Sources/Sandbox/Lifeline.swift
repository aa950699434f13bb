internal import Files
internal import Glibc
internal import SystemPackage

/// Two connected ends that are inherited only by a program that is given one: the box lives as long as
/// a process holds the owner's end.
struct Lifeline {
  let owner: SharedDescriptor
  let box: SharedDescriptor

  init() throws(Errno) {
    var numbers: [Int32] = [-1, -1]
    let kind = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
    guard socketpair(AF_UNIX, kind, 0, &numbers) == 0 else { throw Errno.current }
    owner = try SharedDescriptor(adopting: numbers[0])
    box = try SharedDescriptor(adopting: numbers[1])
  }
}

extension SharedDescriptor {
  /// A file without a name with these bytes, to be read from its start.
  static func unnamedFile(holding bytes: [UInt8]) throws(Errno) -> SharedDescriptor {
    guard let file = tmpfile() else { throw Errno.current }
    defer { fclose(file) }
    guard fwrite(bytes, 1, bytes.count, file) == bytes.count, fflush(file) == 0 else {
      throw Errno.current
    }
    let copy = try SharedDescriptor(adopting: fcntl(fileno(file), F_DUPFD_CLOEXEC, 0))
    lseek(copy.number, 0, SEEK_SET)
    return copy
  }

  /// Writes everything to a socket, and waits while it is full.
  func send(_ bytes: [UInt8]) throws(Errno) {
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes {
        Glibc.send(number, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
      }
      guard count < 0 else {
        rest = rest.dropFirst(count)
        continue
      }
      // The box ended early; its own message says more than this error.
      if Errno.current.isDisconnection { return }
      guard Errno.current.isTemporary else { throw Errno.current }
    }
  }
}
