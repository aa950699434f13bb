import Foundation
import TestSupport
import Testing

extension TemporaryFolder {
  @discardableResult
  func file(_ name: String, _ text: String = "old", mode: mode_t = 0o644) throws -> String {
    let path = try write(text, to: name)
    try #require(chmod(path, mode) == 0)
    return path
  }

  func mode(_ name: String) throws -> mode_t {
    var status = stat()
    try #require(stat(path(name), &status) == 0)
    return status.st_mode & 0o7777
  }

  /// Makes a thing of a kind that is not a regular file, and answers with its path.
  func make(_ thing: Thing) throws -> String {
    let path = path("thing")
    switch thing {
    case .folder: try #require(mkdir(path, 0o755) == 0)
    case .pipe: try #require(mkfifo(path, 0o644) == 0)
    case .device: return "/dev/zero"
    case .socket:
      var address = sockaddr_un()
      address.sun_family = sa_family_t(AF_UNIX)
      let bytes = Array(path.utf8)
      try #require(bytes.count < MemoryLayout.size(ofValue: address.sun_path))
      withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
      let number = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
      defer { close(number) }
      let result = withUnsafePointer(to: &address) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
          bind(number, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
        }
      }
      try #require(result == 0)
    }
    return path
  }
}

/// What may have a name beside regular files.
enum Thing: String, CaseIterable {
  case folder = "a folder"
  case pipe = "a named pipe"
  case socket = "a socket"
  case device = "a device"
}
