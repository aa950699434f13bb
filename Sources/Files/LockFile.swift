internal import Glibc
internal import SystemPackage

/// A file whose lock (flock(2)) gives an exclusive right. The kernel drops the lock when its process ends.
///
/// Only this user can open the file, because anyone who can read a file can lock it. Its content is not changed
/// before the lock is held.
package struct LockFile: ~Copyable {
  private let path: String
  private let file: Descriptor

  private static let verb = "be used as a lock"
  /// Maximum number of bytes read from what a holder wrote.
  private static let limit = 4096

  /// - Parameter creates: whether a missing file is created; otherwise it is an error.
  package static func open(_ path: String, creates: Bool = true) throws(FileError) -> LockFile {
    if let named = try status(path) { try check(named, path) }
    let flags =
      O_RDWR | O_NONBLOCK | O_NOFOLLOW | O_NOCTTY | O_CLOEXEC | (creates ? O_CREAT : 0)
    let file = try naming(path, verb) { () throws(Errno) in
      try Descriptor(adopting: Glibc.open(path, flags, 0o600))
    }
    let opened = try naming(path, verb) { () throws(Errno) in try file.status() }
    try check(opened, path)
    // Version 0.1.0 created locks that every user could open.
    if opened.mode & 0o077 != 0, fchmod(file.number, 0o600) != 0 {
      throw FileError(path, verb, Errno.current)
    }
    return LockFile(path: path, file: file)
  }

  /// Takes the lock; false if another process holds it, or removed the file meanwhile.
  package borrowing func lock() throws(FileError) -> Bool {
    guard flock(file.number, LOCK_EX | LOCK_NB) == 0 else {
      if errno == EWOULDBLOCK { return false }
      throw FileError(path, Self.verb, Errno.current)
    }
    return try naming(path, Self.verb) { () throws(Errno) in
      try file.status().isSameFile(as: FileStatus.of(path, followsLinks: false))
    }
  }

  /// Releases the lock at once: a process that is being started has the descriptor too until its exec.
  package borrowing func unlock() { flock(file.number, LOCK_UN) }

  /// What the holder wrote, up to the limit.
  package borrowing func contents() throws(FileError) -> [UInt8] {
    var buffer = [UInt8](repeating: 0, count: Self.limit)
    let count = pread(file.number, &buffer, buffer.count, 0)
    guard count >= 0 else { throw FileError(path, "be read", Errno.current) }
    return Array(buffer.prefix(count))
  }

  /// Replaces the content of the file; only for the holder of the lock.
  package borrowing func write(_ bytes: [UInt8]) throws(FileError) {
    try naming(path, "be written") { () throws(Errno) in
      guard ftruncate(file.number, 0) == 0 else { throw Errno.current }
      let count = bytes.withUnsafeBytes { pwrite(file.number, $0.baseAddress, $0.count, 0) }
      guard count >= 0 else { throw Errno.current }
      guard count == bytes.count else { throw Errno.noSpace }
    }
  }

  private static func status(_ path: String) throws(FileError) -> FileStatus? {
    try naming(path, verb) { () throws(Errno) in
      try FileStatus.of(path, followsLinks: false)
    }
  }

  private static func check(_ status: FileStatus, _ path: String) throws(FileError) {
    let folder = try naming(path, verb) { () throws(Errno) in
      try FileStatus.of(FilePathText.folder(of: path), followsLinks: true)
    }
    let reason: FileError.Reason? =
      switch status.kind {
      case .link: .isLink
      case .regular where !status.isOwn(in: folder): .isOwnedByAnother
      case .regular where status.linkCount > 1: .hasOtherNames
      case .regular: nil
      case let other: .isKind(other)
      }
    if let reason { throw FileError(path, verb, reason) }
  }
}
