internal import Foundation

/// A file that is replaced as a whole or not at all, whatever stops the machine.
struct AtomicFile {
  let path: String

  private var newPath: String { path + ".new" }
  private var folder: String {
    URL(filePath: path).deletingLastPathComponent().path(percentEncoded: false)
  }

  /// Returns nil where there is no file.
  func read() throws(StateFileError) -> [UInt8]? {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    if descriptor < 0, errno == ENOENT { return nil }
    guard descriptor >= 0 else { throw failure(.notReadable, "open", path) }
    defer { close(descriptor) }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65536)
    while true {
      let count = Glibc.read(descriptor, &buffer, buffer.count)
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw failure(.notReadable, "read", path) }
      guard count > 0 else { return bytes }
      bytes += buffer[..<count]
    }
  }

  /// Writes beside the file, then renames: a reader sees the old bytes or the new ones.
  func replace(by bytes: [UInt8]) throws(StateFileError) {
    do throws(StateFileError) {
      try writeNew(bytes)
      guard rename(newPath, path) == 0 else { throw failure(.notWritable, "rename", newPath) }
    } catch {
      unlink(newPath)
      throw error
    }
    try synchronizeFolder()
  }

  /// A file left by a run that was killed is written over: the lock says that nobody else writes.
  private func writeNew(_ bytes: [UInt8]) throws(StateFileError) {
    let descriptor = open(newPath, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw failure(.notWritable, "open", newPath) }
    defer { close(descriptor) }
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw failure(.notWritable, "write", newPath) }
      rest = rest.dropFirst(count)
    }
    guard fsync(descriptor) == 0 else { throw failure(.notWritable, "fsync", newPath) }
  }

  /// Without it a power failure could take the rename back.
  private func synchronizeFolder() throws(StateFileError) {
    let descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { throw failure(.notWritable, "open", folder) }
    defer { close(descriptor) }
    guard fsync(descriptor) == 0 else { throw failure(.notWritable, "fsync", folder) }
  }

  private func failure(
    _ code: StateFileError.Code, _ call: String, _ object: String
  ) -> StateFileError {
    StateFileError(code, path, SystemCall.explanation(call, object, errno))
  }
}

/// What the kernel says of a call that failed.
enum SystemCall {
  static func explanation(_ call: String, _ object: String, _ code: Int32) -> String {
    "cannot \(call) \(object): \(String(cString: strerror(code)))."
  }
}
