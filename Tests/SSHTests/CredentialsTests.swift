import Testing

@testable import SSH

extension OverTheNetwork {
  @Suite("Available credentials")
  struct CredentialsTests {
    let server: Server
    let client: SSHClient

    init() async throws {
      server = try await Server()
      client = try SSHClient()
    }

    @Test(
      "A key that is not sufficient is distinguished from a refused one", arguments: [true, false])
    func insufficient(_ ofAgent: Bool) async throws {
      let strict = try await Server(settings: "AuthenticationMethods publickey,password")
      let agent = try AgentProcess(in: server.folder)
      if ofAgent { try agent.add(strict.identity) }
      var destination = strict.destination(agentSocket: agent.socket)
      if ofAgent { destination.identities = .agentThenDefaults(home: "/nonexistent") }
      let error = try await failure { () async throws(SSHError) in
        try await client.connect(to: destination)
      }
      #expect(error.code == .authenticationFailed)
      #expect(
        error.detail.contains("(ssh-ed25519): accepted, but the server requires more than a key"),
        "\(error.detail)")
      #expect(
        error.detail.hasSuffix(
          "The server accepts: password\nIts AuthenticationMethods requires a password in addition"
            + " to the key: set it with `ssh: {password: ...}`."), "\(error.detail)")
    }

    @Test("Without a key, the message says what was tried, and no connection is made")
    func nothing() async throws {
      let agent = try AgentProcess(in: server.folder)
      for (socket, why) in [
        (nil, "there is no ssh-agent: SSH_AUTH_SOCK is not set"),
        (agent.socket, "the ssh-agent at \(agent.socket) holds no key"),
        (
          "/nonexistent/agent",
          "the ssh-agent cannot be used: cannot connect to /nonexistent/agent: No such file or directory"
        ),
      ] as [(String?, String)] {
        var destination = server.destination(agentSocket: socket)
        destination.identities = .agentThenDefaults(home: "/nonexistent")
        let error = try await failure { () async throws(SSHError) in
          try await client.connect(to: destination)
        }
        #expect(error.code == .noCredentials)
        #expect(
          error.detail.hasPrefix(
            """
            the controller has nothing to log in with:
              \(why)
              /nonexistent/.ssh has no id_ed25519, no id_ecdsa, no id_rsa
            Name a private key
            """), "\(error.detail)")
      }
      #expect(client.counts.connections == 0)
    }
  }
}
