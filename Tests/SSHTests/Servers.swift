import Foundation
import TestSupport
import Testing

@testable import SSH

/// A real sshd on a free port of the loopback, ended with its owner.
final class Server: Sendable {
  let folder: TemporaryFolder
  let port: UInt16
  /// A key that may log in.
  let identity: String
  let knownHosts: String
  private let program: RunningProgram

  /// - Parameters:
  ///   - password: root's on this server alone.
  ///   - release: whose sshd it is, instead of this machine's.
  init(
    hostKeys: [String] = ["ed25519"], settings: String = "", password: String? = nil,
    of release: OpenSSHRelease? = nil
  ) async throws {
    let folder = try TemporaryFolder()
    let port = try Listener.freePort()
    self.folder = folder
    self.port = port
    identity = try folder.makeKey("identity")
    try FileManager.default.createDirectory(
      atPath: "/run/sshd", withIntermediateDirectories: true)
    let files = try hostKeys.map { try folder.makeKey("host-\($0)", type: $0) }
    let authorized = "\(folder.path)/authorized"
    try FileManager.default.copyItem(atPath: identity + ".pub", toPath: authorized)
    let name = "[127.0.0.1]:\(port)"
    knownHosts = try folder.write(
      try files.map { "\(name) \(try folder.publicKey($0))\n" }.joined(), to: "known_hosts")
    let configuration = try folder.write(
      """
      \(settings)
      ListenAddress 127.0.0.1:\(port)
      \(files.map { "HostKey \($0)" }.joined(separator: "\n"))
      AuthorizedKeysFile \(authorized)
      PidFile none
      UsePAM no
      StrictModes no
      PermitRootLogin yes
      MaxStartups 200:30:300

      """, to: "sshd_config")
    let words = ["/usr/sbin/sshd", "-D", "-e", "-f", configuration]
    let surroundings =
      try password.map(folder.privateShadow) ?? release?.entering(folder.path) ?? []
    program = try RunningProgram(surroundings + words)
    try await eventually("sshd listens") { try Listener.answers(port) }
  }

  /// What it has logged so far.
  func log() throws -> String { try program.output() }

  func authorize(_ key: String) throws {
    let handle = try #require(FileHandle(forWritingAtPath: "\(folder.path)/authorized"))
    try handle.seekToEnd()
    try handle.write(contentsOf: Data(contentsOf: URL(filePath: key + ".pub")))
    try handle.close()
  }

  deinit { program.end() }

  func destination(
    identities: [String]? = nil, knownHosts: String? = nil, agentSocket: String? = nil,
    passphrase: Destination.PassphraseProvider? = nil
  ) -> Destination {
    Destination(
      label: "app-1", address: "127.0.0.1", port: port, user: "root",
      identities: .files(identities ?? [identity]), knownHosts: [knownHosts ?? self.knownHosts],
      agentSocket: agentSocket, passphrase: passphrase)
  }
}

/// A connection to a server of its own.
func loggedIn() async throws -> (server: Server, client: SSHClient, connection: SSH.Connection) {
  let server = try await Server()
  let client = try SSHClient()
  return (server, client, try await client.connect(to: server.destination()))
}

/// Runs a command that gives back what it gets, complains and fails: all of it has to come.
func expectWholeCommand(on connection: SSH.Connection) async throws {
  let process = try await connection.start("cat; echo complaint >&2; exit 7")
  let bytes = (0..<2_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31 >> 3) }
  async let writing: Void = {
    try await process.write(bytes)
    try await process.closeInput()
  }()
  var output: [UInt8] = []
  while let chunk = try await process.read() { output += chunk }
  try await writing
  #expect(output == bytes)
  #expect(try await process.exitStatus() == .code(7))
  #expect(await process.standardError == Array("complaint\n".utf8))
}

/// A peer that is not a correct SSH server: the test decides what it does with each connection.
final class Listener: Sendable {
  let port: UInt16
  private let descriptor: Int32
  private let isServed: Bool

  /// Without a reaction, only the kernel accepts connections.
  init(reaction: (@Sendable (Int32) -> Void)? = nil) throws {
    (descriptor, port) = try Self.bound()
    isServed = reaction != nil
    listen(descriptor, 16)
    guard let reaction else { return }
    Thread.detachNewThread { [descriptor] in
      while true {
        let peer = accept(descriptor, nil, nil)
        guard peer >= 0 else {
          close(descriptor)
          return
        }
        reaction(peer)
        close(peer)
      }
    }
  }

  deinit {
    // Ends accept(2) in the thread, which a mere close does not. The thread closes it: before, its
    // number could become that of another listener, whose connections it would take.
    shutdown(descriptor, Int32(SHUT_RDWR))
    if !isServed { close(descriptor) }
  }

  func destination(knownHosts: [String] = []) throws -> Destination {
    let folder = "/nonexistent"
    return Destination(
      label: "odd", address: "127.0.0.1", port: port, user: "root",
      identities: .files([try Self.anyKey.get(), folder]), knownHosts: knownHosts)
  }

  private static let keyFolder = Result { try TemporaryFolder() }
  private static let anyKey = Result { try keyFolder.get().makeKey("any") }

  static func freePort() throws -> UInt16 {
    let (descriptor, port) = try bound()
    close(descriptor)
    return port
  }

  static func answers(_ port: UInt16) throws -> Bool {
    let probe = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(probe) }
    return withAddress(port) { connect(probe, $0, $1) } == 0
  }

  static func bound() throws -> (Int32, UInt16) {
    let descriptor = socket(
      AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    guard withAddress(0, { bind(descriptor, $0, $1) }) == 0 else {
      throw CommandFailed(description: "bind")
    }
    var address = sockaddr_in()
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    withUnsafeMutablePointer(to: &address) { pointer in
      _ = pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        getsockname(descriptor, $0, &size)
      }
    }
    return (descriptor, UInt16(bigEndian: address.sin_port))
  }

  static func withAddress(
    _ port: UInt16, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32
  ) -> Int32 {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    return withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        body($0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
  }
}

/// A Unix socket for which only the kernel answers.
final class SilentUnixSocket {
  let path: String
  private let descriptor: Int32

  init(path: String) throws {
    self.path = path
    descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
    let answer = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
    guard answer == 0, listen(descriptor, 4) == 0 else {
      throw CommandFailed(description: "bind \(path)")
    }
  }

  deinit { close(descriptor) }
}

@discardableResult
func say(_ text: String, to peer: Int32) -> Bool {
  send(peer, text, text.utf8.count, Int32(MSG_NOSIGNAL)) > 0
}

@discardableResult
func hearSomething(from peer: Int32) -> Bool {
  var buffer = [UInt8](repeating: 0, count: 4096)
  return recv(peer, &buffer, buffer.count, 0) > 0
}
