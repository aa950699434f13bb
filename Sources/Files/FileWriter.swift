internal import Glibc
internal import SystemPackage

/// The only way in which files of the controller are written: whole or not at all, even if the power fails,
/// never through a link, and never over another user's file or something other than a file.
///
/// Folders may belong to other users and be writable for them: anyone who can put a file there can also replace
/// the inventory, which names commands, so refusing would protect nothing. Folders of secrets are
/// checked with `checkIsOwn`.
package enum FileWriter {
  /// Who can read a new file; an existing one is never opened to more users than before.
  package enum Access: Sendable {
    case ownerAlone
    /// Unless the umask forbids it.
    case everyone
    /// Everyone, whatever the umask: other programs are there to read it.
    case published
    /// A program in a folder that only its owner can read.
    case program

    var mode: UInt32 {
      switch self {
      case .ownerAlone: 0o600
      case .everyone, .published: 0o644
      case .program: 0o700
      }
    }
  }

  /// Writes a new file; an existing one is refused.
  ///
  /// - Parameter mode: permissions that the file must not exceed.
  package static func create(
    _ path: String, contents: [UInt8], for access: Access, within mode: UInt32 = 0o777
  ) throws(FileError) {
    let existing = try naming(path, "be created") { () throws(Errno) in
      try FileStatus.of(path, followsLinks: false)
    }
    guard existing == nil else { throw FileError(path, "be created", .exists) }
    try replace(path, contents: contents, for: access, within: mode)
  }

  /// Writes a file that may exist already: a reader sees either the old bytes or the new ones.
  ///
  /// - Parameter mode: permissions that a new file must not exceed.
  package static func replace(
    _ path: String, contents: [UInt8], for access: Access, within mode: UInt32 = 0o777
  ) throws(FileError) {
    let old = try ownFile(path, "be replaced")
    try TemporaryFile.make(beside: path, mode: access.mode & (old?.mode ?? mode))
      .replace(path, with: contents, mode: access == .published ? old?.mode ?? access.mode : nil)
    try synchronizeFolder(of: path)
  }

  /// Writes a new text file.
  package static func create(
    _ path: String, text: String, for access: Access
  ) throws(FileError) {
    try create(path, contents: Array(text.utf8), for: access)
  }

  /// Replaces a text file.
  package static func replace(
    _ path: String, text: String, for access: Access
  ) throws(FileError) {
    try replace(path, contents: Array(text.utf8), for: access)
  }

  /// Appends to a file in one write, so that lines from several concurrent runs stay whole.
  package static func append(_ path: String, _ contents: [UInt8]) throws(FileError) {
    let verb = "be appended to"
    let file = try openForAppending(path, verb)
    try naming(path, verb) { () throws(Errno) in
      try file.write(contents)
      try file.synchronize()
    }
    try synchronizeFolder(of: path)
  }

  /// Opens a file whose end is written; creates it for its owner alone if there is none.
  static func openForAppending(_ path: String, _ verb: String) throws(FileError) -> Descriptor {
    _ = try ownFile(path, verb)
    let flags = O_WRONLY | O_CREAT | O_APPEND | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC
    return try naming(path, verb) { () throws(Errno) in
      let file = try Descriptor(adopting: open(path, flags, 0o600))
      guard try file.status().kind == .regular else { throw Errno.invalidArgument }
      return file
    }
  }

  /// Adds to the end of an existing file that only this process writes, and waits until it is on the disk.
  ///
  /// - Parameter length: how long the file is: what an earlier call that failed left after it is overwritten.
  package static func append(
    _ contents: [UInt8], to path: String, at length: Int
  ) throws(FileError) {
    let verb = "be appended to"
    guard let old = try ownFile(path, verb) else { throw FileError(path, verb, .missing) }
    let file = try naming(path, verb) { () throws(Errno) in
      let flags = O_WRONLY | O_APPEND | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC
      return try Descriptor(adopting: open(path, flags))
    }
    let status = try naming(path, verb) { () throws(Errno) in try file.status() }
    guard old.isSameFile(as: status), status.size >= length else {
      throw FileError(path, verb, .isChanged)
    }
    try naming(path, verb) { () throws(Errno) in
      if status.size > length, ftruncate(file.number, off_t(length)) != 0 { throw Errno.current }
      try file.write(contents)
      try file.synchronize()
    }
  }

  /// Moves a file within its file system; a missing one is not an error.
  package static func move(_ path: String, to destination: String) throws(FileError) {
    guard rename(path, destination) == 0 || errno == ENOENT else {
      throw FileError(path, "be moved to \(destination)", Errno.current)
    }
    try synchronizeFolder(of: destination)
    try synchronizeFolder(of: path)
  }

  /// Removes a file; a missing one is not an error.
  package static func remove(_ path: String) throws(FileError) {
    guard unlink(path) == 0 || errno == ENOENT else {
      throw FileError(path, "be removed", Errno.current)
    }
    try synchronizeFolder(of: path)
  }

  /// Overwrites a file and removes it. Copies in backups and in old blocks of the disk or file system
  /// are not reached.
  package static func destroy(_ path: String) throws(FileError) {
    let verb = "be destroyed"
    guard let old = try ownFile(path, verb) else { return }
    try naming(path, verb) { () throws(Errno) in
      let file = try Descriptor(
        adopting: open(path, O_WRONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC))
      guard old.isSameFile(as: try file.status()) else { throw Errno.wouldBlock }
      try file.write([UInt8](repeating: 0, count: old.size))
      try file.synchronize()
    }
    try remove(path)
  }

  /// Refuses a folder in which other users could replace a file.
  package static func checkIsOwn(_ folder: String) throws(FileError) {
    let status = try naming(folder, "be used") { () throws(Errno) in
      try FileStatus.of(folder, followsLinks: true)
    }
    guard let status else { throw FileError(folder, "be used", .missing) }
    guard status.mode & 0o022 == 0 else { throw FileError(folder, "be used", .isWritableByOthers) }
  }

  /// The existing file, if it may be overwritten.
  private static func ownFile(_ path: String, _ verb: String) throws(FileError) -> FileStatus? {
    let (file, folder) = try naming(path, verb) { () throws(Errno) in
      (
        try FileStatus.of(path, followsLinks: false),
        try FileStatus.of(FilePathText.folder(of: path), followsLinks: true)
      )
    }
    guard let file else { return nil }
    guard file.kind != .link else { throw FileError(path, verb, .isLink) }
    guard file.kind == .regular else { throw FileError(path, verb, .isKind(file.kind)) }
    guard file.isOwn(in: folder) else { throw FileError(path, verb, .isOwnedByAnother) }
    return file
  }

  /// Without it, the new name could be lost in a power failure.
  private static func synchronizeFolder(of path: String) throws(FileError) {
    let folder = FilePathText.folder(of: path)
    try naming(folder, "be written") { () throws(Errno) in
      try Descriptor(adopting: open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)).synchronize()
    }
  }
}

enum FilePathText {
  static func folder(of path: String) -> String {
    guard let slash = path.lastIndex(of: "/") else { return "." }
    return slash == path.startIndex ? "/" : String(path[..<slash])
  }
}

/// Turns a system call's error into one that names the file.
func naming<Value: ~Copyable>(
  _ path: String, _ verb: String, _ call: () throws(Errno) -> Value
) throws(FileError) -> Value {
  do throws(Errno) {
    return try call()
  } catch {
    throw FileError(path, verb, error)
  }
}
