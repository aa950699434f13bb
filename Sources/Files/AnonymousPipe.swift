internal import CLinux
internal import Glibc
package import SystemPackage

/// A pipe(2) that no program inherits but one that is given an end.
package struct AnonymousPipe: Sendable {
  package let reading: SharedDescriptor
  package let writing: SharedDescriptor

  package init() throws(Errno) {
    var ends: [Int32] = [-1, -1]
    // At once: between two calls another thread could start a program, which would have the ends too.
    guard deploy_linux_pipe(&ends, O_CLOEXEC) == 0 else { throw Errno.current }
    reading = try SharedDescriptor(adopting: ends[0])
    writing = try SharedDescriptor(adopting: ends[1])
  }
}
