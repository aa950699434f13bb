internal import Glibc
internal import SystemPackage

extension FileWriter {
  /// Adds a line in one write, and waits until it is on the disk. If the file ends within a line, because its
  /// writer was killed, that line is ended first. A new file can be read by its owner alone.
  ///
  /// - Parameter line: without the line feed that ends it.
  package static func append(line: [UInt8], to path: String) throws(FileError) {
    let ending = [UInt8(ascii: "\n")]
    let isWithinLine = try lastByte(of: path).map { $0 != ending[0] } ?? false
    try append(path, (isWithinLine ? ending : []) + line + ending)
  }

  /// Nil if the file does not exist or is empty.
  private static func lastByte(of path: String) throws(FileError) -> UInt8? {
    let verb = "be appended to"
    let flags = O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC
    let number = open(path, flags)
    if number < 0, errno == ENOENT { return nil }
    return try naming(path, verb) { () throws(Errno) in
      let file = try Descriptor(adopting: number)
      let size = try file.status().size
      guard size > 0 else { return nil }
      var byte: UInt8 = 0
      let count = pread(file.number, &byte, 1, off_t(size - 1))
      guard count >= 0 else { throw Errno.current }
      return count == 1 ? byte : nil
    }
  }
}
