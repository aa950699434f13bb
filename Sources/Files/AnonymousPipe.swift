internal import CLinux
internal import Glibc
package import SystemPackage

/// A pipe(2) whose ends are inherited only by programs that are given one.
package struct AnonymousPipe: Sendable {
  package let reading: SharedDescriptor
  package let writing: SharedDescriptor

  package init() throws(Errno) {
    var ends: [Int32] = [-1, -1]
    // In one call: between two, another thread could start a program, which would inherit the ends.
    guard deploy_linux_pipe(&ends, O_CLOEXEC) == 0 else { throw Errno.current }
    reading = try SharedDescriptor(adopting: ends[0])
    writing = try SharedDescriptor(adopting: ends[1])
  }
}
