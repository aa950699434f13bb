internal import Glibc
internal import SystemPackage

/// A file to which a program adds lines while it runs; other users cannot read a new one.
package final class AppendedFile: Sendable {
  private let path: String
  private let file: Descriptor

  private static let verb = "be appended to"

  /// Opens the file, and creates it if there is none.
  package init(_ path: String) throws(FileError) {
    self.path = path
    file = try FileWriter.openForAppending(path, Self.verb)
  }

  /// Adds bytes in one write, so that lines from several concurrent runs stay whole.
  package func append(_ bytes: [UInt8]) throws(FileError) {
    try naming(path, Self.verb) { () throws(Errno) in try file.write(bytes) }
  }
}
