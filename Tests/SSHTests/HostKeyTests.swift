import Foundation
import TestSupport
import Testing

@testable import SSH

extension OverTheNetwork {
  @Suite("The host's key")
  struct HostKeyTests {
    let server: Server
    let client: SSHClient
    /// "ssh-ed25519 AAAA..."
    let key: String
    let stranger: String

    init() async throws {
      server = try await Server(hostKeys: ["ed25519", "ecdsa"])
      client = try SSHClient()
      key = try server.folder.publicKey("\(server.folder.path)/host-ed25519")
      stranger = try server.folder.publicKey(try server.folder.makeKey("stranger"))
    }

    func file(_ text: String) throws -> String {
      try server.folder.write(
        text.replacing("PORT", with: "\(server.port)").replacing("KEY", with: key)
          .replacing("STRANGER", with: stranger) + "\n",
        to: "known-\(UUID().uuidString)")
    }

    @Test(
      "A host that is in known_hosts is accepted",
      arguments: [
        "[127.0.0.1]:PORT KEY", "127.0.0.1 KEY", "other,[127.0.0.1]:PORT KEY",
        "[127.0.0.*]:PORT KEY", "[127.?.0.1]:* KEY", "* KEY",
        "# a comment\n\nnonsense\n[127.0.0.1]:PORT KEY root@somewhere",
        "[127.0.0.1]:PORT KEY\r\n", "[127.0.0.1]:PORT STRANGER\n[127.0.0.1]:PORT KEY",
        "@revoked * STRANGER\n[127.0.0.1]:PORT KEY",
      ])
    func known(text: String) async throws {
      let connection = try await client.connect(to: server.destination(knownHosts: file(text)))
      #expect(try await connection.start("true").exitStatus() == .code(0))
    }

    @Test("A host with a hashed name, as by ssh-keygen -H, is accepted")
    func hashed() async throws {
      let path = try file("[127.0.0.1]:PORT KEY\n")
      try run("ssh-keygen", "-q", "-H", "-f", path)
      #expect(try !String(contentsOfFile: path, encoding: .utf8).contains("127.0.0.1"))
      _ = try await client.connect(to: server.destination(knownHosts: path))
    }

    @Test(
      "A host that is not in known_hosts is refused",
      arguments: [
        "", "[127.0.0.1]:1 KEY", "other KEY", "[127.0.0.1]:PORT,![127.*]:PORT KEY",
        "127.0.0.1 STRANGER", "@cert-authority [127.0.0.1]:PORT KEY",
      ])
    func unknown(text: String) async throws {
      let path = try file(text)
      let error = try await failure { () async throws(SSHError) in
        try await client.connect(to: server.destination(knownHosts: path))
      }
      #expect(error.code == .hostKeyUnknown)
      let fingerprint = try run(
        "ssh-keygen", "-l", "-f", "\(server.folder.path)/host-ed25519.pub"
      ).split(separator: " ")[1]
      #expect(error.detail.contains(fingerprint))
      #expect(error.detail.contains("cert") == text.contains("cert"))
      try acceptAsTold(error)
      _ = try await client.connect(to: server.destination(knownHosts: path))
    }

    /// Runs the indented command that the message ends with.
    func acceptAsTold(_ error: SSHError) throws {
      let command = try #require(error.detail.split(separator: "\n").last)
      #expect(command.hasPrefix("  "))
      try run("sh", "-c", String(command))
    }

    @Test("A missing known_hosts file knows no host, and the command in the message creates it")
    func missingFile() async throws {
      let path = "\(server.folder.path)/it's missing"
      let error = try await failure { () async throws(SSHError) in
        try await client.connect(to: server.destination(knownHosts: path))
      }
      #expect(error.code == .hostKeyUnknown)
      try acceptAsTold(error)
      _ = try await client.connect(to: server.destination(knownHosts: path))
    }

    @Test("A known_hosts file that cannot be read is an error, not an unknown host")
    func unreadableFile() async throws {
      let error = try await failure { () async throws(SSHError) in
        try await client.connect(to: server.destination(knownHosts: server.folder.path))
      }
      #expect(error.code == .knownHostsUnreadable)
      #expect(error.detail.contains("it is a folder, not a regular file"))
    }

    @Test("A changed key is refused with both fingerprints and the place of the old one")
    func changed() async throws {
      let path = try file("# first line\n[127.0.0.1]:PORT STRANGER\n")
      let error = try await failure { () async throws(SSHError) in
        try await client.connect(to: server.destination(knownHosts: path))
      }
      #expect(error.code == .hostKeyChanged)
      for name in ["host-ed25519.pub", "stranger.pub"] {
        let line = try run("ssh-keygen", "-l", "-f", "\(server.folder.path)/\(name)")
        #expect(error.detail.contains(line.split(separator: " ")[1]))
      }
      #expect(error.detail.contains("\(path):2 expects"))
      try acceptAsTold(error)
      let next = try await failure { () async throws(SSHError) in
        try await client.connect(to: server.destination(knownHosts: path))
      }
      #expect(next.code == .hostKeyUnknown)
    }

    @Test(
      "A revoked key is refused, even if it is known as well",
      arguments: ["@revoked * KEY\n[127.0.0.1]:PORT KEY", "@revoked [127.0.0.1]:PORT KEY"])
    func revoked(text: String) async throws {
      let path = try file(text)
      let error = try await failure { () async throws(SSHError) in
        try await client.connect(to: server.destination(knownHosts: path))
      }
      #expect(error.code == .hostKeyRevoked)
      #expect(error.detail.contains("Revoked in: \(path):1"))
    }

    @Test("The server is asked for the type of key that is known", arguments: ["ed25519", "ecdsa"])
    func keyType(type: String) async throws {
      let known = try server.folder.publicKey("\(server.folder.path)/host-\(type)")
      // Not by `file`: a key is random, and may have "KEY" in it.
      let path = try server.folder.write(
        "[127.0.0.1]:\(server.port) \(known)\n", to: "known-\(type)")
      _ = try await client.connect(to: server.destination(knownHosts: path))
    }

    @Test("A host known by another type of key only is unknown, and the message says so")
    func otherType() async throws {
      let other = try server.folder.publicKey(
        try server.folder.makeKey("other", type: "ecdsa", options: "-b", "521"))
      let path = try file("[127.0.0.1]:PORT \(other)\n")
      let error = try await failure { () async throws(SSHError) in
        try await client.connect(to: server.destination(knownHosts: path))
      }
      #expect(error.code == .hostKeyUnknown)
      #expect(error.detail.contains("\(path):1: ecdsa-sha2-nistp521 SHA256:"))
    }
  }
}
