internal import Glibc
internal import SystemPackage

/// A new file next to the one that it will replace.
///
/// Its name is always the same, so that a killed run leaves at most one, and the next run removes
/// it. A lock (flock(2)) shows whether its writer is still running.
struct TemporaryFile: ~Copyable {
  private let path: String
  private let file: Descriptor

  private static let verb = "be created"

  private init(_ path: String, _ file: consuming Descriptor) {
    self.path = path
    self.file = file
  }

  static func make(beside target: String, mode: UInt32) throws(FileError) -> TemporaryFile {
    let path = target + ".new"
    let flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC
    // Another run may create its own between two calls of this one.
    for _ in 0..<100 {
      let number = open(path, flags, mode)
      if number < 0, errno == EEXIST {
        try removeLeftover(path)
        continue
      }
      let file = try naming(path, verb) { () throws(Errno) in
        try Descriptor(adopting: number)
      }
      if try isLocked(file, path) { return TemporaryFile(path, file) }
    }
    throw FileError(path, verb, .isBeingWritten)
  }

  /// Moves the file to its target; removes it if that fails.
  ///
  /// - Parameter mode: its permissions in spite of the umask; nil for those that it was made with.
  consuming func replace(
    _ target: String, with contents: [UInt8], mode: UInt32? = nil
  ) throws(FileError) {
    do throws(Errno) {
      if let mode, fchmod(file.number, mode_t(mode)) != 0 { throw Errno.current }
      try file.write(contents)
      try file.synchronize()
      guard rename(path, target) == 0 else { throw Errno.current }
    } catch {
      unlink(path)
      throw FileError(target, "be written", error)
    }
  }

  /// Removes the leftover of a killed run, if it is one.
  private static func removeLeftover(_ path: String) throws(FileError) {
    let status = try naming(path, verb) { () throws(Errno) in
      try FileStatus.of(path, followsLinks: false)
    }
    guard let status else { return }
    guard status.kind != .link else { throw FileError(path, verb, .isLink) }
    guard status.kind == .regular else { throw FileError(path, verb, .isKind(status.kind)) }
    let number = open(path, O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC)
    if number < 0, errno == ENOENT { return }
    let file = try naming(path, verb) { () throws(Errno) in
      try Descriptor(adopting: number)
    }
    guard flock(number, LOCK_EX | LOCK_NB) == 0 else {
      throw errno == EWOULDBLOCK
        ? FileError(path, verb, .isBeingWritten) : FileError(path, verb, Errno.current)
    }
    guard try isNamed(file, path) else { return }
    try naming(path, verb) { () throws(Errno) in
      guard unlink(path) == 0 || errno == ENOENT else { throw Errno.current }
    }
  }

  /// Locks a new file, unless another run took it for a leftover and removed it.
  private static func isLocked(
    _ file: borrowing Descriptor, _ path: String
  ) throws(FileError) -> Bool {
    guard flock(file.number, LOCK_EX | LOCK_NB) == 0 else {
      if errno == EWOULDBLOCK { return false }
      throw FileError(path, verb, Errno.current)
    }
    return try isNamed(file, path)
  }

  private static func isNamed(
    _ file: borrowing Descriptor, _ path: String
  ) throws(FileError) -> Bool {
    do throws(Errno) {
      return try file.status().isSameFile(as: FileStatus.of(path, followsLinks: false))
    } catch {
      throw FileError(path, verb, error)
    }
  }
}
