import Foundation

/// Files that are whole or not there at all, whatever stops the machine, in folders that one program
/// at a time writes to: what a killed run left of a new file is written over.
enum PrivateFile {
  /// Writes a new file; an existing one is refused.
  static func create(_ path: String, contents: String, mode: mode_t) throws {
    var status = stat()
    guard lstat(path, &status) != 0 else {
      throw Failure(.failed, "\(path) is there already, and is not written over")
    }
    try replace(path, contents: contents, mode: mode)
  }

  /// Writes a file in place of one that may be there: a reader sees the old bytes or the new ones.
  static func replace(_ path: String, contents: String, mode: mode_t) throws {
    let new = try write(contents, beside: path, mode)
    guard rename(new, path) == 0 else {
      let failure = failure("\(path) cannot be written")
      unlink(new)
      throw failure
    }
    try synchronizeFolder(of: path)
  }

  /// Moves a file within its file system; one that is not there is no error.
  static func move(_ path: String, to destination: String) throws {
    guard rename(path, destination) == 0 || errno == ENOENT else {
      throw failure("\(path) cannot be moved to \(destination)")
    }
    try synchronizeFolder(of: destination)
    try synchronizeFolder(of: path)
  }

  /// Removes a file; one that is not there is no error.
  static func remove(_ path: String) throws {
    guard unlink(path) == 0 || errno == ENOENT else { throw failure("\(path) cannot be removed") }
    try synchronizeFolder(of: path)
  }

  /// Overwrites a file and removes it. Copies elsewhere, in backups and in what a disk or a file system
  /// keeps of old blocks, are out of reach.
  static func destroy(_ path: String) throws {
    let descriptor = open(path, O_WRONLY | O_NOFOLLOW | O_CLOEXEC)
    if descriptor < 0, errno == ENOENT { return }
    guard descriptor >= 0 else { throw failure("\(path) cannot be destroyed") }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw failure("\(path) cannot be destroyed") }
    try writeAll([UInt8](repeating: 0, count: Int(status.st_size))[...], to: descriptor, path)
    try remove(path)
  }

  /// Refuses a secret that others may read.
  static func checkIsPrivate(_ path: String) throws {
    guard try mode(of: path) & 0o077 == 0 else {
      throw Failure(
        .failed,
        "\(path) can be read by others: take that away with\n    chmod 600 \(path)")
    }
  }

  /// Refuses a folder in which others may put a file in place of another.
  static func checkIsOwn(_ folder: String) throws {
    guard try mode(of: folder) & 0o022 == 0 else {
      throw Failure(
        .failed,
        "\(folder) can be written to by others, who could put a key of their own in it: take that"
          + " away with\n    chmod 700 \(folder)")
    }
  }

  private static func mode(of path: String) throws -> mode_t {
    var status = stat()
    guard stat(path, &status) == 0 else { throw failure("\(path) cannot be read") }
    return status.st_mode
  }

  private static func write(
    _ contents: String, beside path: String, _ mode: mode_t
  ) throws -> String {
    let new = path + ".new"
    unlink(new)
    let descriptor = open(new, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode)
    guard descriptor >= 0 else { throw failure("\(new) cannot be made") }
    defer { close(descriptor) }
    do {
      try writeAll(Array(contents.utf8)[...], to: descriptor, new)
    } catch {
      unlink(new)
      throw error
    }
    return new
  }

  private static func writeAll(
    _ bytes: ArraySlice<UInt8>, to descriptor: Int32, _ path: String
  ) throws {
    var rest = bytes
    while !rest.isEmpty {
      let written = rest.withUnsafeBytes { Foundation.write(descriptor, $0.baseAddress, $0.count) }
      if written < 0, errno == EINTR { continue }
      guard written > 0 else { throw failure("\(path) cannot be written") }
      rest = rest.dropFirst(written)
    }
    guard fsync(descriptor) == 0 else { throw failure("\(path) cannot be written") }
  }

  /// Without it a power failure could take the new name back.
  private static func synchronizeFolder(of path: String) throws {
    let folder = URL(filePath: path).deletingLastPathComponent().path(percentEncoded: false)
    let descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { throw failure("\(folder) cannot be opened") }
    defer { close(descriptor) }
    guard fsync(descriptor) == 0 else { throw failure("\(folder) cannot be written") }
  }

  private static func failure(_ what: String) -> Failure {
    Failure(.failed, "\(what): \(String(cString: strerror(errno)))")
  }
}
