import Foundation

/// Files that only their owner may read.
enum PrivateFile {
  /// Writes a new file and makes sure that it is on the disk; an existing one is refused.
  static func create(_ path: String, contents: String, mode: mode_t) throws {
    let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode)
    guard descriptor >= 0 else { throw failure("\(path) cannot be made") }
    defer { close(descriptor) }
    var rest = Array(contents.utf8)[...]
    while !rest.isEmpty {
      let written = rest.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
      guard written > 0 else {
        let failure = failure("\(path) cannot be written")
        unlink(path)
        throw failure
      }
      rest = rest.dropFirst(written)
    }
    guard fsync(descriptor) == 0 else { throw failure("\(path) cannot be written") }
  }

  static func checkIsPrivate(_ path: String) throws {
    var status = stat()
    guard stat(path, &status) == 0 else { throw failure("\(path) cannot be read") }
    guard status.st_mode & 0o077 == 0 else {
      throw Failure(
        .failed,
        "\(path) can be read by others: take that away with\n    chmod 600 \(path)")
    }
  }

  private static func failure(_ what: String) -> Failure {
    Failure(.failed, "\(what): \(String(cString: strerror(errno)))")
  }
}
