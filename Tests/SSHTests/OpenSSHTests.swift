import Foundation
import TestSupport
import Testing

@testable import SSH

extension OverTheNetwork {
  @Suite("The system's ssh as the transport")
  struct OpenSSHTests {
    let server: Server
    let client: SSHClient

    init() async throws {
      server = try await Server()
      client = try SSHClient()
    }

    func connect(_ destination: Destination) async throws(SSHError) -> OpenSSHConnection {
      try await OpenSSHConnection.connect(to: destination, configuration: "none", client: client)
    }

    @Test("Input comes back as output, and the exit is reported")
    func duplex() async throws {
      let connection = try await connect(server.destination())
      let process = try await connection.start("cat; echo complaint >&2; exit 7")
      let bytes = (0..<3_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31 >> 3) }
      async let writing: Void = {
        try await process.write(bytes)
        await process.closeInput()
      }()
      var all: [UInt8] = []
      while let chunk = try await process.read() { all += chunk }
      try await writing
      #expect(all == bytes)
      #expect(try await process.exitStatus() == .code(7))
      #expect(String(decoding: await process.standardError, as: UTF8.self) == "complaint\n")
    }

    @Test("Commands share one connection, and a stream goes through it")
    func shared() async throws {
      let connection = try await connect(server.destination())
      for number in 0..<5 {
        let process = try await connection.start("echo \(number)")
        #expect(try await process.read() == Array("\(number)\n".utf8))
        #expect(try await process.exitStatus() == .code(0))
      }
      let listener = try Listener { say("hello", to: $0) }
      let stream = try await connection.open(to: "127.0.0.1", port: listener.port)
      #expect(try await stream.read() == Array("hello".utf8))
      let log = try server.log()
      #expect(log.components(separatedBy: "Accepted publickey").count == 2)
    }

    @Test("A user certificate logs in, which libssh2 cannot")
    func certificate() async throws {
      let ca = try server.folder.makeKey("ca")
      let trusting = try await Server(settings: "TrustedUserCAKeys \(ca).pub")
      let key = try server.folder.makeKey("certified")
      try run("ssh-keygen", "-q", "-s", ca, "-I", "ann", "-n", "root", "\(key).pub")
      let connection = try await connect(trusting.destination(identities: [key]))
      #expect(try await connection.start("true").exitStatus() == .code(0))
    }

    @Test("A host with only an RSA key is reached, which libssh2 cannot")
    func rsaHostKey() async throws {
      let old = try await Server(hostKeys: ["rsa"])
      let connection = try await connect(old.destination())
      #expect(try await connection.start("true").exitStatus() == .code(0))
    }

    @Test("A pinned key is accepted, another is not")
    func pinned() async throws {
      var destination = server.destination(knownHosts: "/nonexistent")
      destination.hostKeys = [
        try server.folder.publicKey("\(server.folder.path)/host-ed25519")
      ]
      let connection = try await connect(destination)
      #expect(try await connection.start("true").exitStatus() == .code(0))
      destination.hostKeys = [try server.folder.publicKey(try server.folder.makeKey("stranger"))]
      let wrong = destination
      let error = try await failure { () async throws(SSHError) in try await connect(wrong) }
      #expect([.hostKeyChanged, .hostKeyUnknown].contains(error.code))
    }

    @Test("An unknown host, a refused key and a closed port are distinguished")
    func refusals() async throws {
      let unknown = try await failure { () async throws(SSHError) in
        try await connect(server.destination(knownHosts: "/nonexistent"))
      }
      #expect(unknown.code == .hostKeyUnknown)
      let key = try server.folder.makeKey("stranger")
      let refused = try await failure { () async throws(SSHError) in
        try await connect(server.destination(identities: [key]))
      }
      #expect(refused.code == .authenticationFailed)
      var nowhere = server.destination()
      nowhere.port = try Listener.freePort()
      let closed = nowhere
      let error = try await failure { () async throws(SSHError) in try await connect(closed) }
      #expect(error.code == .refused)
    }

    /// Hosts to go through, each with a name, a key and a file of known hosts of its own.
    private func throughTwo() async throws -> (Destination, outer: Server, inner: Server) {
      let (outer, inner) = (try await Server(), try await Server())
      var hops = [outer.destination(), inner.destination()]
      (hops[0].label, hops[1].label) = ("outer", "inner")
      var destination = server.destination()
      destination.jumps = hops
      return (destination, outer, inner)
    }

    @Test("Each jump host is reached with its own keys and known hosts")
    func jumps() async throws {
      let (destination, outer, inner) = try await throughTwo()
      let connection = try await connect(destination)
      #expect(try await connection.start("true").exitStatus() == .code(0))
      for hop in [outer, inner] {
        let log = try hop.log()
        #expect(log.components(separatedBy: "Accepted publickey").count == 2)
      }
    }

    @Test("A jump host whose key is not known is refused", arguments: [0, 1])
    func unknownJump(_ index: Int) async throws {
      var (destination, outer, inner) = try await throughTwo()
      destination.jumps[index].knownHosts = ["/nonexistent"]
      let unknown = destination
      let error = try await failure { () async throws(SSHError) in try await connect(unknown) }
      #expect(error.code == .hostKeyUnknown, "\(error)")
      withExtendedLifetime((outer, inner)) {}
    }

    @Test("Settings that are not given for a jump host are taken from the user's configuration")
    func configuredJump() async throws {
      var (destination, outer, inner) = try await throughTwo()
      let agent = try AgentProcess(in: server.folder)
      try agent.add(outer.identity)
      destination.jumps[0].identities = .agentThenFiles([])
      let file = try server.folder.write(
        "Host outer\n  IdentityAgent \(agent.socket)\n  User other\n  Port 1\n", to: "config")
      let connection = try await OpenSSHConnection.connect(
        to: destination, configuration: file, client: client)
      #expect(try await connection.start("true").exitStatus() == .code(0))
      withExtendedLifetime((outer, inner)) {}
    }

    @Test("Cancelling ends a wait, and closing ends the master with its folder")
    func closing() async throws {
      let folders = try masterFolders()
      var connection: OpenSSHConnection? = try await connect(server.destination())
      let process = try await connection?.start("cat")
      let task = Task { try await process?.read(within: .seconds(3600)) }
      await Task.yield()
      task.cancel()
      let result = await task.result
      #expect { try result.get() } throws: { ($0 as? SSHError)?.code == .cancelled }
      await connection?.close()
      connection = nil
      await #expect {
        // What ssh says of it depends on how far the command had come.
        guard try await process?.exitStatus() != .code(0) else { return }
        throw CommandFailed(description: "the command ended with the connection")
      } throws: { _ in true }
      try await eventually("the folder is gone") { try masterFolders() == folders }
    }

    private func masterFolders() throws -> Set<String> {
      let parent = ProcessInfo.processInfo.environment["XDG_RUNTIME_DIR"] ?? "/tmp"
      return Set(
        try FileManager.default.contentsOfDirectory(atPath: parent)
          .filter { $0.hasPrefix("deploy-ssh.") })
    }
  }
}
