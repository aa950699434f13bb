import Certificates
import Foundation
import TestSupport
import Testing

/// A real nginx on a socket in a folder of its own, which is its prefix.
final class NginxServer {
  static let isInstalled = FileManager.default.isExecutableFile(atPath: "/usr/sbin/nginx")

  private let folder: TemporaryFolder
  private let process: RunningProgram

  private var socket: String { folder.path("s") }

  /// - Parameters:
  ///   - server: the content of the `server` block, besides `listen`.
  ///   - files: by name, for the directives to name.
  init(_ server: String, files: [String: String]) throws {
    // As deploy does: a peer that ends before it has read all must not end the tests.
    signal(SIGPIPE, SIG_IGN)
    folder = try TemporaryFolder("n")
    try Self.write(server, files, to: folder)
    process = try RunningProgram([
      "/usr/sbin/nginx", "-e", "error.log", "-p", folder.path, "-c", folder.path("nginx.conf"),
    ])
    try wait("nginx listens") { (try? connect()) != nil }
  }

  deinit { process.end() }

  private static func write(
    _ server: String, _ files: [String: String], to folder: TemporaryFolder
  ) throws {
    for (name, text) in files { try folder.write(text, to: name) }
    let text = """
      daemon off;
      \(geteuid() == 0 ? "user root;" : "")
      worker_processes 1;
      pid nginx.pid;
      error_log error.log info;
      events {}
      http {
        access_log off;
        # A client that waits for a thread of the tests may take long.
        client_header_timeout 600s;
        client_body_temp_path t; proxy_temp_path t; fastcgi_temp_path t; uwsgi_temp_path t;
        scgi_temp_path t;
        server {
          listen unix:\(folder.path("s")) ssl;
      \(server)
          location = / { return 204; }
        }
      }
      """
    try folder.write(text, to: "nginx.conf")
  }

  /// Replaces the configuration; returns when a worker of the new one serves and none of the old one.
  func reload(_ server: String, files: [String: String]) throws {
    let old = try workers()
    try Self.write(server, files, to: folder)
    process.signal(SIGHUP)
    try wait("the old worker ends") {
      let now = try workers()
      return !now.isEmpty && now.isDisjoint(with: old)
    }
  }

  /// The children of nginx's master process.
  private func workers() throws -> Set<Substring> {
    let id = process.pid
    let children = try String(
      contentsOfFile: "/proc/\(id)/task/\(id)/children", encoding: .utf8)
    return Set(children.split(separator: " "))
  }

  private func wait(_ what: String, until isReached: () throws -> Bool) throws {
    for _ in 0..<2000 {
      if try isReached() { return }
      guard process.isRunning else { break }
      usleep(5000)
    }
    throw Failure(description: "not reached: \(what)\n\(log)")
  }

  struct Failure: Error, CustomStringConvertible { var description: String }

  var log: String {
    (try? folder.text("error.log")) ?? "no log"
  }

  func connect() throws -> SocketStream { try SocketStream(socket) }
}

/// A Unix socket as a stream of bytes. Its calls block, on a queue of their own.
final class SocketStream: ByteStream {
  private let descriptor: Int32
  private let queue = DispatchQueue(label: "socket")

  init(_ path: String) throws {
    descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
    let status = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        Foundation.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
    guard status == 0 else {
      close(descriptor)
      throw NginxServer.Failure(description: "\(path): \(String(cString: strerror(errno)))")
    }
  }

  deinit { close(descriptor) }

  func read() async throws -> [UInt8]? {
    await withCheckedContinuation { continuation in
      queue.async { [descriptor] in
        var buffer = [UInt8](repeating: 0, count: 1 << 14)
        let count = Foundation.read(descriptor, &buffer, buffer.count)
        continuation.resume(returning: count > 0 ? Array(buffer[..<count]) : nil)
      }
    }
  }

  func write(_ bytes: [UInt8]) async throws {
    await withCheckedContinuation { continuation in
      queue.async { [descriptor] in
        _ = send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL))
        continuation.resume()
      }
    }
  }
}
