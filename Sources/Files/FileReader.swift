internal import Glibc
internal import SystemPackage

/// The only way in which files of the controller are read: regular files, without blocking,
/// up to the limit of their kind.
///
/// An inventory from a pull request may name anything: /dev/zero, a pipe without a writer, a file of
/// gigabytes, a key.
package enum FileReader {
  /// Reads a whole file.
  package static func read(_ path: String, as kind: FileKind) throws(FileError) -> [UInt8] {
    let file = try open(path, kind)
    let bytes = try naming(path, verb) { () throws(Errno) in
      // One byte more than the limit shows that the file is larger.
      try contents(of: file, atMost: kind.limit + 1)
    }
    guard bytes.count <= kind.limit else {
      throw FileError(path, verb, .isTooLarge(limit: kind.limit))
    }
    return bytes
  }

  /// Reads standard input to its end, up to the limit of a kind of file. A terminal is refused: nothing would say that
  /// the program waits.
  package static func readStandardInput(as kind: FileKind) throws(FileError) -> [UInt8] {
    let name = "standard input"
    guard isatty(STDIN_FILENO) == 0 else { throw FileError(name, verb, .isTerminal) }
    let bytes = try naming(name, verb) { () throws(Errno) in
      let input = try Descriptor(adopting: fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3))
      var bytes: [UInt8] = []
      var isComplete = false
      while !isComplete, bytes.count <= kind.limit {
        let more = try chunk(of: input, atMost: 1 << 16)
        isComplete = more.isEmpty
        bytes += more
      }
      return bytes
    }
    guard bytes.count <= kind.limit else {
      throw FileError(name, verb, .isTooLarge(limit: kind.limit))
    }
    return bytes
  }

  /// Reads a whole file; nil if it does not exist.
  package static func readIfPresent(
    _ path: String, as kind: FileKind
  ) throws(FileError) -> [UInt8]? {
    do throws(FileError) {
      return try read(path, as: kind)
    } catch {
      if error.reason == .missing { return nil }
      throw error
    }
  }

  /// The status of a file that `deploy` named, or of a link in its place; nil if there is nothing.
  package static func status(of path: String) throws(FileError) -> FileStatus? {
    try naming(path, verb) { () throws(Errno) in try FileStatus.of(path, followsLinks: false) }
  }

  /// Checks a file that another program is going to read, such as ssh(1).
  package static func check(_ path: String, as kind: FileKind) throws(FileError) {
    _ = try open(path, kind)
  }

  private static let verb = "be read"

  private static func open(_ path: String, _ kind: FileKind) throws(FileError) -> Descriptor {
    let named = try naming(path, verb) { () throws(Errno) in
      try FileStatus.of(path, followsLinks: kind.mayBeLink)
    }
    guard let named else { throw FileError(path, verb, .missing) }
    // Some devices act when they are opened, so they are not opened at all.
    try check(named, path, kind)
    let flags = O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC | (kind.mayBeLink ? 0 : O_NOFOLLOW)
    let file = try naming(path, verb) { () throws(Errno) in
      try Descriptor(adopting: Glibc.open(path, flags))
    }
    // The name may lead elsewhere by now: the opened file counts.
    try check(naming(path, verb) { () throws(Errno) in try file.status() }, path, kind)
    return file
  }

  private static func check(
    _ status: FileStatus, _ path: String, _ kind: FileKind
  ) throws(FileError) {
    let reason: FileError.Reason? =
      switch (status.kind, kind.audience) {
      case (.link, _): .isLink
      case (.regular, _) where status.size > kind.limit: .isTooLarge(limit: kind.limit)
      case (.regular, .ownerAlone) where status.mode & 0o077 != 0: .isReadableByOthers
      case (.regular, .everyone) where status.isForOwnerAlone: .isForOwnerAlone
      case (.regular, _): nil
      case (let other, _): .isKind(other)
      }
    if let reason { throw FileError(path, verb, reason) }
  }

  /// Reads to the end, which may be later than the size says: files of /proc have size 0, and others grow.
  private static func contents(
    of file: borrowing Descriptor, atMost limit: Int
  ) throws(Errno) -> [UInt8] {
    // With room for one byte more the end is seen at once, so a secret is not copied to a larger buffer.
    var bytes = try chunk(of: file, atMost: min(file.status().size + 1, limit))
    var isComplete = false
    while !isComplete, bytes.count < limit {
      let more = try chunk(of: file, atMost: min(1 << 16, limit - bytes.count))
      isComplete = more.isEmpty
      if !isComplete { bytes += more }
    }
    return bytes
  }

  /// Reads until `count` bytes have been read or the file ends.
  private static func chunk(
    of file: borrowing Descriptor, atMost count: Int
  ) throws(Errno) -> [UInt8] {
    var failure: Errno?
    let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
      do throws(Errno) {
        while filled < count {
          let rest = UnsafeMutableRawBufferPointer(
            rebasing: UnsafeMutableRawBufferPointer(buffer)[filled...])
          let more = try file.read(into: rest)
          if more == 0 { break }
          filled += more
        }
      } catch {
        failure = error
      }
    }
    if let failure { throw failure }
    return bytes
  }
}
