import InMemoryLogging
import Logging
import TestSupport
import Testing

@testable import SSH

extension OverTheNetwork {
  @Suite("The log of connections")
  struct LogTests {
    private let client: SSHClient
    private let log = Self.memory

    private static var memory: InMemoryLogHandler {
      var log = InMemoryLogHandler()
      log.logLevel = .trace
      return log
    }

    init() throws {
      let log = log
      client = try SSHClient(log: Logger(label: "test") { _ in log })
    }

    private var lines: [String] {
      log.entries.map { "\($0.metadata["host"] ?? "?"): \($0.message)" }
    }

    @Test("names the host, each key that was tried and the algorithms, and has no secret")
    func login() async throws {
      let (passphrase, password) = ("poisoned passphrase", "poisoned password")
      let server = try await Server(
        settings: "AuthenticationMethods publickey,password", password: password)
      let stranger = try server.folder.makeKey("stranger")
      let key = try server.folder.makeKey("locked", passphrase: passphrase)
      try server.authorize(key)
      var destination = server.destination(
        identities: [stranger, key], passphrase: { _ in Array(passphrase.utf8) })
      destination.password = { Array(password.utf8) }
      _ = try await client.connect(to: destination)
      let text = lines.joined(separator: "\n")
      let expected = [
        "app-1: connecting to app-1 (127.0.0.1 port \(server.port)) as root",
        "app-1: TCP connection to 127.0.0.1 port \(server.port) is open",
        "app-1: algorithms: ", "app-1: host key: ssh-ed25519 SHA256:",
        "app-1: key \(stranger) (ssh-ed25519): refused",
        "app-1: key \(key) (ssh-ed25519): accepted, but the server requires more than a key",
        "app-1: the server accepts: password", "app-1: password: accepted",
        "app-1: logged in after ",
      ]
      var rest = text[...]
      for line in expected {
        let range = try #require(rest.firstRange(of: line), "\(line) is not in\n\(text)")
        rest = rest[range.upperBound...]
      }
      for file in [stranger, key, server.identity] {
        let own = try server.folder.text(String(file.split(separator: "/").last ?? ""))
          .split(separator: "\n").filter { !$0.hasPrefix("-----") }
        #expect(!own.isEmpty && own.allSatisfy { !text.contains($0) })
      }
      #expect(!text.contains("poisoned"))
    }

    @Test("says through which host, and why a connection failed")
    func jumpAndFailure() async throws {
      let server = try await Server()
      var jump = server.destination()
      jump.label = "bastion"
      var destination = server.destination()
      destination.jumps = [jump]
      _ = try await client.connect(to: destination)
      #expect(lines.contains("app-1: through bastion"), "\(lines)")
      #expect(lines.contains { $0.hasPrefix("bastion: logged in after ") })
      destination = server.destination(identities: [try server.folder.makeKey("stranger")])
      let refused = try await failure { () async throws(SSHError) in
        try await client.connect(to: destination)
      }
      #expect(refused.code == .authenticationFailed)
      #expect(
        lines.last?.contains("s: authenticating: the server accepted none of these") == true,
        "\(lines.last ?? "")")
    }
  }
}
