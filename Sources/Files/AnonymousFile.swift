internal import CLinux
internal import Glibc
package import SystemPackage

/// A file in memory that has no name, as the input of a program: the program may read it when it likes, or not
/// at all.
package enum AnonymousFile {
  /// A descriptor of a new file, at its beginning. Its new owner closes it.
  package static func open(with contents: [UInt8]) throws(Errno) -> FileDescriptor {
    let number = deploy_linux_memory_file("deploy")
    guard number >= 0 else { throw Errno.current }
    let file = FileDescriptor(rawValue: number)
    do throws(Errno) {
      _ = try Errno.naming { try file.writeAll(contents) }
      guard lseek(number, 0, SEEK_SET) == 0 else { throw Errno.current }
    } catch {
      close(number)
      throw error
    }
    return file
  }
}
