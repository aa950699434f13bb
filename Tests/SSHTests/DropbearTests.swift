import Foundation
import TestSupport
import Testing

@testable import SSH

/// A Dropbear server on a free port of the loopback, ended with its owner.
final class DropbearServer: Sendable {
  let folder: TemporaryFolder
  let port: UInt16
  let knownHosts: String
  private let program: RunningProgram

  init() async throws {
    let folder = try TemporaryFolder()
    let port = try Listener.freePort()
    (self.folder, self.port) = (folder, port)
    let hostKey = "\(folder.path)/host"
    let text = try run("dropbearkey", "-t", "ed25519", "-f", hostKey)
    let key = try #require(text.split(separator: "\n").first { $0.hasPrefix("ssh-ed25519 ") })
    knownHosts = try folder.write(
      "[127.0.0.1]:\(port) \(key.split(separator: " ").prefix(2).joined(separator: " "))\n",
      to: "known_hosts")
    // It takes the keys of the user's own home folder alone, so it gets one of its own.
    let script = """
      mount -t tmpfs -o mode=0700 home /root && mkdir -m 0700 /root/.ssh && cp '\(folder.path)'/authorized \
      /root/.ssh/authorized_keys && exec dropbear -F -E -r '\(hostKey)' -p 127.0.0.1:\(port)
      """
    identities = try ["ed25519", "ecdsa", "rsa"].map { try folder.makeKey($0, type: $0) }
    _ = try folder.write(
      try identities.map { try String(contentsOfFile: $0 + ".pub", encoding: .utf8) }.joined(),
      to: "authorized")
    program = try RunningProgram(["unshare", "--mount", "sh", "-c", script])
    try await eventually("dropbear listens") { try Listener.answers(port) }
  }

  /// Keys that may log in: ed25519, ECDSA, RSA.
  let identities: [String]

  deinit { program.end() }

  func destination(_ identity: String) -> Destination {
    Destination(
      label: "router", address: "127.0.0.1", port: port, user: "root",
      identities: .files([identity]), knownHosts: [knownHosts])
  }
}

extension OverTheNetwork {
  @Suite("Dropbear as the server")
  struct DropbearTests {
    let server: DropbearServer
    let client: SSHClient

    init() async throws {
      server = try await DropbearServer()
      client = try SSHClient()
    }

    @Test(
      "Ed25519 and ECDSA keys log in, and a command's bytes and exit come back", arguments: [0, 1])
    func commands(key: Int) async throws {
      let connection = try await client.connect(to: server.destination(server.identities[key]))
      try await expectWholeCommand(on: connection)
    }

    @Test("Hosts behind it are reached through it")
    func jump() async throws {
      let host = try await Server()
      var destination = host.destination()
      destination.jumps = [server.destination(server.identities[0])]
      let connection = try await client.connect(to: destination)
      #expect(try await connection.start("true").exitStatus() == .code(0))
    }

    @Test("An RSA key logs in by the system's ssh")
    func rsa() async throws {
      let connection = try await OpenSSHConnection.connect(
        to: server.destination(server.identities[2]), configuration: "none", client: client)
      #expect(try await connection.start("true").exitStatus() == .code(0))
    }
  }
}
