import Foundation
import TestSupport
import Testing

@testable import SSH

/// An ssh-agent, ended with its owner.
final class AgentProcess {
  let socket: String
  private let pid: Int32

  init(in folder: TemporaryFolder) throws {
    socket = "\(folder.path)/agent"
    let text = try run("ssh-agent", "-s", "-a", socket)
    let digits = text.split(separator: "SSH_AGENT_PID=").last?.prefix { $0.isNumber }
    pid = try #require(digits.flatMap { Int32($0) })
  }

  /// Waits for its end: it removes its socket, which the owner of the folder does as well.
  deinit {
    kill(pid, SIGTERM)
    for _ in 0..<5000 where kill(pid, 0) == 0 { usleep(1000) }
  }

  func add(_ key: String) throws { try run("env", "SSH_AUTH_SOCK=\(socket)", "ssh-add", "-q", key) }
}

/// How often something was asked for.
actor Asked {
  private(set) var times = 0
  func count() { times += 1 }
}

extension OverTheNetwork {
  @Suite("Authentication")
  struct AuthenticationTests {
    let server: Server
    let client: SSHClient

    init() async throws {
      server = try await Server()
      client = try SSHClient()
    }

    func makeKey(
      _ name: String, type: String = "ed25519", passphrase: String = "", options: String...
    ) throws -> String {
      let key = try server.folder.makeKey(name, type: type, passphrase: passphrase)
      for option in options { try run("ssh-keygen", "-q", "-p", "-N", "", "-m", option, "-f", key) }
      try server.authorize(key)
      return key
    }

    func refusal(
      identities: [String], agentSocket: String? = nil,
      passphrase: Destination.PassphraseProvider? = nil,
      code: SSHError.Code = .authenticationFailed
    ) async throws -> SSHError {
      let error = try await failure { () async throws(SSHError) in
        try await client.connect(
          to: server.destination(
            identities: identities, agentSocket: agentSocket, passphrase: passphrase))
      }
      #expect(error.code == code)
      #expect(client.counts.logins == 0)
      return error
    }

    @Test("ECDSA keys log in, in OpenSSH's format and in PEM", arguments: ["RFC4716", "PEM"])
    func ecdsa(format: String) async throws {
      let key = try makeKey("ecdsa", type: "ecdsa", options: format)
      _ = try await client.connect(to: server.destination(identities: [key]))
      #expect(client.counts.logins == 1)
    }

    @Test("An encrypted key logs in with its passphrase", arguments: ["ed25519", "ecdsa", "rsa"])
    func encrypted(type: String) async throws {
      let key = try makeKey("locked", type: type, passphrase: "open sesame")
      _ = try await client.connect(
        to: server.destination(identities: [key]) { path in
          path == key ? Array("open sesame".utf8) : nil
        })
    }

    @Test(
      "RSA keys log in, although libssh2 signs only with SHA-1",
      arguments: ["RFC4716", "PEM", "PKCS8"])
    func rsa(format: String) async throws {
      let key = try makeKey("rsa", type: "rsa", options: format)
      let connection = try await client.connect(to: server.destination(identities: [key]))
      #expect(try await connection.start("true").exitStatus() == .code(0))
      let log = try server.log()
      #expect(log.contains("Accepted publickey for root"))
    }

    @Test("Formats that libssh2 cannot read log in as well", arguments: ["ed25519", "ecdsa"])
    func foreignFormat(type: String) async throws {
      let key = try server.folder.makeKey(
        "modern", type: type, passphrase: "open sesame", options: "-Z", "aes256-gcm@openssh.com")
      try server.authorize(key)
      _ = try await client.connect(
        to: server.destination(identities: [key]) { _ in Array("open sesame".utf8) })
    }

    @Test("A passphrase is asked for once for any number of hosts")
    func askedOnce() async throws {
      let key = try makeKey("locked", passphrase: "open sesame")
      let asked = Asked()
      try await withThrowingTaskGroup { group in
        for _ in 0..<8 {
          group.addTask {
            _ = try await client.connect(
              to: server.destination(identities: [key]) { _ in
                await asked.count()
                return Array("open sesame".utf8)
              })
          }
        }
        try await group.waitForAll()
      }
      #expect(await asked.times == 1)
      #expect(client.counts.logins == 8)
    }

    @Test("The private agent and its folder are removed with the client")
    func agentEnds() async throws {
      let key = try makeKey("rsa", type: "rsa")
      let before = try agentFolders()
      var own: SSHClient? = try SSHClient()
      var connection = try await own?.connect(to: server.destination(identities: [key]))
      #expect(try agentFolders().count == before.count + 1)
      own = nil
      #expect(connection != nil)
      connection = nil
      try await eventually("its folder is gone") { try agentFolders() == before }
    }

    private func agentFolders() throws -> Set<String> {
      let parent = ProcessInfo.processInfo.environment["XDG_RUNTIME_DIR"] ?? "/tmp"
      return Set(
        try FileManager.default.contentsOfDirectory(atPath: parent)
          .filter { $0.hasPrefix("deploy-agent.") })
    }

    @Test("A wrong passphrase is reported, and is not in the message")
    func wrongPassphrase() async throws {
      let key = try makeKey("locked", passphrase: "open sesame")
      let error = try await refusal(
        identities: [key], passphrase: { _ in Array("open poison".utf8) }, code: .noCredentials)
      #expect(error.description.contains("\(key) the passphrase is wrong"))
      #expect(client.counts.connections == 0)
      #expect(!error.description.contains("poison"))
    }

    @Test("Without a passphrase an encrypted key is not offered, and nothing is connected")
    func noPassphrase() async throws {
      let key = try makeKey("locked", passphrase: "open sesame")
      let error = try await refusal(identities: [key], code: .noCredentials)
      #expect(error.detail.contains("\(key) is encrypted, and there is no passphrase for it"))
      #expect(client.counts.connections == 0)
    }

    @Test("The agent's keys log in", arguments: ["ed25519", "ecdsa", "rsa"])
    func agent(type: String) async throws {
      let agent = try AgentProcess(in: server.folder)
      let key = try makeKey("held", type: type)
      try agent.add(key)
      try FileManager.default.removeItem(atPath: key)
      var destination = server.destination(agentSocket: agent.socket)
      destination.identities = .agentThenDefaults(home: "/nonexistent")
      let connection = try await client.connect(to: destination)
      #expect(try await connection.start("true").exitStatus() == .code(0))
    }

    @Test("An encrypted file whose key the agent holds needs no passphrase")
    func agentInsteadOfPassphrase() async throws {
      let agent = try AgentProcess(in: server.folder)
      let key = try makeKey("held")
      try agent.add(key)
      try run("ssh-keygen", "-q", "-p", "-N", "open sesame", "-f", key)
      _ = try await client.connect(
        to: server.destination(identities: [key], agentSocket: agent.socket))
    }

    @Test("Without an agent the default keys of the home folder are tried")
    func defaults() async throws {
      let folder = "\(server.folder.path)/.ssh"
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
      try FileManager.default.copyItem(atPath: server.identity, toPath: "\(folder)/id_ed25519")
      var destination = server.destination(agentSocket: "/nonexistent/agent")
      destination.identities = .agentThenDefaults(home: server.folder.path)
      _ = try await client.connect(to: destination)
    }

    @Test("All refused keys are named, with the methods that the server accepts")
    func refused() async throws {
      let agent = try AgentProcess(in: server.folder)
      let first = try server.folder.makeKey("first")
      let second = try server.folder.makeKey("second", type: "ecdsa")
      let rsa = try server.folder.makeKey("third", type: "rsa")
      try agent.add(second)
      let error = try await refusal(
        identities: [first, second, rsa, "/nonexistent/key", server.knownHosts])
      #expect(
        error.detail == """
          the server accepted none of these for user root:
            \(first) (ssh-ed25519): refused
            \(second) (ecdsa-sha2-nistp256): refused
            \(rsa) (ssh-rsa): refused
          Not offered:
            /nonexistent/key does not exist
            \(server.knownHosts) is not a private key
          The server accepts: publickey,password,keyboard-interactive
          """)
    }

    @Test(
      "A server that closes the connection after too many keys is a refusal, not a lost connection")
    func tooManyKeys() async throws {
      let strict = try await Server(settings: "MaxAuthTries 2")
      let keys = try (1...4).map { try strict.folder.makeKey("key\($0)") }
      let error = try await failure { () async throws(SSHError) in
        try await client.connect(to: strict.destination(identities: keys))
      }
      #expect(error.code == .authenticationFailed)
      #expect(error.detail.contains("\(keys[0]) (ssh-ed25519): refused"))
      #expect(error.detail.contains("sshd closes it after MaxAuthTries keys"))
    }

    @Test(
      "A server that closes the connection at the first key is a lost connection, not a refusal")
    func lostAtFirstKey() async throws {
      // sshd's own process for the connection is the command's parent.
      let dying = try await Server(
        settings: #"""
          AuthorizedKeysCommand /bin/sh -c "kill -KILL $PPID"
          AuthorizedKeysCommandUser root
          """#)
      let key = try dying.folder.makeKey("key")
      let error = try await failure { () async throws(SSHError) in
        try await client.connect(to: dying.destination(identities: [key]))
      }
      #expect(error.code == .connectionLost)
      #expect(
        error.detail == "the server closed the connection when \(key) (ssh-ed25519) was offered;"
          + " sshd also does so if its MaxAuthTries is 1")
    }

    @Test("A silent agent does not block the loop, and its deadline passes")
    func silentAgent() async throws {
      let silent = try SilentUnixSocket(path: "\(server.folder.path)/silent")
      var destination = server.destination(agentSocket: silent.path)
      destination.identities = .agentThenDefaults(home: "/nonexistent")
      let error = try await failure { () async throws(SSHError) in
        try await client.connect(
          to: destination, deadlines: Deadlines(authentication: .milliseconds(50)))
      }
      #expect(error.code == .noCredentials)
      #expect(error.detail.contains("the ssh-agent cannot be used: no answer within"))
    }
  }
}
