import Foundation
import Testing

@testable import SSH

extension OverTheNetwork {
  @Suite("Passwords")
  struct PasswordTests {
    let client: SSHClient

    init() throws { client = try SSHClient() }

    func destination(_ server: Server, password: String?) -> Destination {
      var destination = server.destination(identities: [])
      destination.password = { password.map { Array($0.utf8) } }
      return destination
    }

    @Test(
      "A password logs in, by either method",
      arguments: [
        "PubkeyAuthentication no\nKbdInteractiveAuthentication no",
        "PubkeyAuthentication no\nPasswordAuthentication no\nUsePAM yes",
      ])
    func login(settings: String) async throws {
      let server = try await Server(settings: settings, password: "open sesame")
      let connection = try await client.connect(
        to: destination(server, password: "open sesame"))
      #expect(try await connection.start("true").exitStatus() == .code(0))
    }

    @Test("A password may be asked for after a key, as a second factor")
    func secondFactor() async throws {
      let server = try await Server(
        settings: "AuthenticationMethods publickey,password", password: "open sesame")
      var destination = destination(server, password: "open sesame")
      destination.identities = .files([server.identity])
      _ = try await client.connect(to: destination)
      #expect(client.counts.logins == 1)
    }

    @Test("A wrong password is refused once, and is not in the message")
    func wrong() async throws {
      let server = try await Server(settings: "PubkeyAuthentication no", password: "open sesame")
      let destination = destination(server, password: "open poison")
      let error = try await failure { () async throws(SSHError) in
        try await client.connect(to: destination)
      }
      #expect(error.code == .authenticationFailed)
      #expect(error.detail.contains("password: refused"))
      #expect(error.detail.contains("The server accepts: password"))
      #expect(!error.description.contains("poison"))
      let log = try server.log()
      #expect(log.components(separatedBy: "Failed password").count == 2)
    }

    @Test("A server that accepts only passwords is reported to a user with a key")
    func onlyPasswords() async throws {
      let server = try await Server(settings: "PubkeyAuthentication no")
      let error = try await failure { () async throws(SSHError) in
        try await client.connect(to: server.destination())
      }
      #expect(error.code == .authenticationFailed)
      #expect(error.detail.contains("ssh: {password: ...}"))
    }

    @Test("A server that requires a method only OpenSSH has is distinguished")
    func onlyOpenSSH() async throws {
      let server = try await Server(
        settings: "PubkeyAuthentication no\nPasswordAuthentication no\n"
          + "KbdInteractiveAuthentication no\nHostbasedAuthentication yes")
      let error = try await failure { () async throws(SSHError) in
        try await client.connect(to: server.destination())
      }
      #expect(error.detail.contains("The server accepts: hostbased"))
      #expect(error.detail.contains("transport: openssh"))
    }

    @Test("Without keys and without a password, no connection is made")
    func nothing() async throws {
      let server = try await Server()
      let destination = destination(server, password: nil)
      let error = try await failure { () async throws(SSHError) in
        try await client.connect(to: destination)
      }
      #expect(error.detail.contains("there is no password"))
      #expect(client.counts.connections == 0)
    }
  }
}
