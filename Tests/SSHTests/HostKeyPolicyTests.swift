import Foundation
import TestSupport
import Testing

@testable import SSH

/// The notices for users.
final class Notices: Sendable {
  private let lock = NSLock()
  nonisolated(unsafe) private var lines: [String] = []
  func add(_ line: String) { lock.withLock { lines.append(line) } }
  var all: [String] { lock.withLock { lines } }
}

extension OverTheNetwork {
  @Suite("New hosts")
  struct HostKeyPolicyTests {
    let server: Server
    let client: SSHClient
    let notices = Notices()
    let file: String

    init() async throws {
      server = try await Server(hostKeys: ["ed25519", "ecdsa"])
      client = try SSHClient()
      file = "\(server.folder.path)/ssh/known_hosts"
    }

    func destination(_ policy: Destination.HostKeyPolicy = .acceptNew) -> Destination {
      var destination = server.destination(knownHosts: file)
      destination.hostKeyPolicy = policy
      destination.notice = { [notices] in notices.add($0) }
      return destination
    }

    func lines() throws -> [Substring] {
      try String(contentsOfFile: file, encoding: .utf8).split(separator: "\n")
    }

    @Test("With accept_new, a new host is recorded once, reported, and known from then on")
    func acceptNew() async throws {
      try await withThrowingTaskGroup { group in
        for _ in 0..<4 {
          group.addTask { _ = try await client.connect(to: destination()) }
        }
        try await group.waitForAll()
      }
      let key = try server.folder.publicKey("\(server.folder.path)/host-ed25519")
      #expect(try lines() == ["[127.0.0.1]:\(server.port) \(key)"])
      #expect(notices.all.first?.contains("is new; its key ssh-ed25519 SHA256:") == true)
      let said = notices.all.count
      _ = try await client.connect(to: destination(.strict))
      #expect(notices.all.count == said)
    }

    @Test("With accept_new, a changed key is still refused")
    func changed() async throws {
      let stranger = try server.folder.publicKey(try server.folder.makeKey("stranger"))
      let old = "[127.0.0.1]:\(server.port) \(stranger)"
      try FileManager.default.createDirectory(
        atPath: "\(server.folder.path)/ssh", withIntermediateDirectories: true)
      try (old + "\n").write(toFile: file, atomically: true, encoding: .utf8)
      let error = try await failure { () async throws(SSHError) in
        try await client.connect(to: destination())
      }
      #expect(error.code == .hostKeyChanged)
      #expect(try lines() == [Substring(old)])
    }

    @Test("A host is appended on a new line, even if the last line has no end")
    func lastLine() async throws {
      try FileManager.default.createDirectory(
        atPath: "\(server.folder.path)/ssh", withIntermediateDirectories: true)
      try "# mine".write(toFile: file, atomically: true, encoding: .utf8)
      _ = try await client.connect(to: destination())
      #expect(try lines().count == 2)
    }

    @Test(
      "A pinned key is asked for and accepted, whatever known_hosts says",
      arguments: ["ed25519", "ecdsa"])
    func pinned(type: String) async throws {
      var destination = destination(.strict)
      destination.hostKeys = [try server.folder.publicKey("\(server.folder.path)/host-\(type)")]
      _ = try await client.connect(to: destination)
      #expect(!FileManager.default.fileExists(atPath: file))
    }

    @Test("A key other than the pinned one is refused, even if known_hosts has it")
    func notPinned() async throws {
      let stranger = try server.folder.publicKey(try server.folder.makeKey("stranger"))
      var destination = server.destination()
      destination.hostKeys = [stranger]
      let wrong = destination
      let error = try await failure { () async throws(SSHError) in
        try await client.connect(to: wrong)
      }
      #expect(error.code == .hostKeyChanged)
      let key = try server.folder.publicKey("\(server.folder.path)/host-ed25519")
      #expect(error.detail.contains("host_key: \(key)"))
    }

    @Test("An alias replaces address and port in known_hosts")
    func alias() async throws {
      let key = try server.folder.publicKey("\(server.folder.path)/host-ed25519")
      let known = try server.folder.write("app-1.internal \(key)\n", to: "aliases")
      var destination = server.destination(knownHosts: known)
      destination.hostKeyAlias = "app-1.internal"
      _ = try await client.connect(to: destination)
    }

    @Test("New keys are collected without a login, and trusted all at once")
    func trust() async throws {
      let other = try await Server()
      var second = other.destination(knownHosts: file)
      second.label = "app-2"
      let keys = [
        try #require(try await client.newHostKey(of: destination(.strict))),
        try #require(try await client.newHostKey(of: second)),
      ]
      #expect(client.counts.logins == 0)
      #expect(keys.map(\.label) == ["app-1", "app-2"])
      #expect(keys.map(\.name) == ["[127.0.0.1]:\(server.port)", "[127.0.0.1]:\(other.port)"])
      try client.trust(keys)
      #expect(try await client.newHostKey(of: second) == nil)
      _ = try await client.connect(to: destination(.strict))
      _ = try await client.connect(to: second)
    }

    @Test("A host whose key changed is not a new host")
    func changedIsNotNew() async throws {
      let stranger = try server.folder.publicKey(try server.folder.makeKey("stranger"))
      let known = try server.folder.write("[127.0.0.1]:\(server.port) \(stranger)\n", to: "old")
      let error = try await failure { () async throws(SSHError) in
        try await client.newHostKey(of: server.destination(knownHosts: known))
      }
      #expect(error.code == .hostKeyChanged)
    }
  }
}
