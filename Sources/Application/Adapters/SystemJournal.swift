import Diagnostics
import Glibc
import SystemPackage

/// Sends messages with fields to systemd's journal, as services of systemd do (systemd's "Native Journal Protocol").
struct SystemJournal: Sendable {
  /// The value of the field PRIORITY, as in syslog(3).
  enum Priority: Int, Sendable {
    case error = 3
    case warning = 4
    case information = 6
  }

  private static let usualSocket = "/run/systemd/journal/socket"

  private let socket: String

  init(socket: String) { self.socket = socket }

  /// The journal of the service that runs `deploy`; nil if standard error does not go there.
  ///
  /// $JOURNAL_STREAM names the device and inode of the stream that systemd opened (systemd.exec(5)): a program that was
  /// started with another standard error inherits the variable too.
  static var ofService: SystemJournal? {
    guard let stream = EnvironmentVariable.value("JOURNAL_STREAM") else { return nil }
    var status = stat()
    guard fstat(STDERR_FILENO, &status) == 0, stream == "\(status.st_dev):\(status.st_ino)" else {
      return nil
    }
    return SystemJournal(socket: usualSocket)
  }

  /// Sends a message. If the journal does not take it within a second, its fields are lost: standard error has the text there.
  ///
  /// - Parameter fields: names in upper case, with values that contain no secret.
  /// - Returns: whether the journal took it.
  @discardableResult
  func send(
    _ message: String, _ priority: Priority, _ fields: [(name: String, value: String)]
  ) -> Bool {
    let all =
      [
        ("MESSAGE", message), ("PRIORITY", "\(priority.rawValue)"), ("SYSLOG_IDENTIFIER", "deploy"),
      ] + fields
    // A value that is one line needs no length. Values of hosts are escaped and bounded as everywhere.
    let datagram = all.map { "\($0)=\(HostText($1).text)\n" }.joined()
    guard var address = Self.address(of: socket) else { return false }
    let descriptor = Glibc.socket(
      AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    guard descriptor >= 0 else { return false }
    defer { close(descriptor) }
    var patience = timeval(tv_sec: 1, tv_usec: 0)
    setsockopt(
      descriptor, SOL_SOCKET, SO_SNDTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
    return withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
        datagram.withCString { text in
          sendto(
            descriptor, text, strlen(text), Int32(MSG_NOSIGNAL), pointer,
            socklen_t(MemoryLayout<sockaddr_un>.size)) >= 0
        }
      }
    }
  }

  /// Nil if the path is too long for an address.
  private static func address(of path: String) -> sockaddr_un? {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    let bytes = Array(path.utf8)
    return withUnsafeMutableBytes(of: &address.sun_path) { room -> Bool in
      guard bytes.count < room.count else { return false }
      room.copyBytes(from: bytes)
      return true
    } ? address : nil
  }
}
