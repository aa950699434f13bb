import Foundation

/// Reads files of this machine, and says of those it cannot read what the system says.
enum ControllerFile {
  struct NotReadable: Error, CustomStringConvertible {
    var description: String
  }

  static func read(_ path: String) throws(NotReadable) -> [UInt8] {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw failure(path) }
    defer { close(descriptor) }
    var contents: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = Foundation.read(descriptor, &buffer, buffer.count)
      if count == 0 { return contents }
      if count < 0 {
        if errno == EINTR { continue }
        throw failure(path)
      }
      contents += buffer[..<count]
    }
  }

  private static func failure(_ path: String) -> NotReadable {
    NotReadable(description: "\(path) cannot be read: \(String(cString: strerror(errno)))")
  }
}
