import Foundation
import Testing

@testable import SSH

extension OverTheNetwork {
  @Suite("A server with few algorithms")
  struct HardenedServerTests {
    private static let remedy =
      "Or use OpenSSH's own client: `ssh: {transport: openssh}` in the inventory."

    @Test(
      "is reported with the kind that is not shared and both lists, and the system's ssh reaches it",
      arguments: [
        (
          "KexAlgorithms sntrup761x25519-sha512@openssh.com", "ed25519", "key exchange",
          "sntrup761x25519-sha512@openssh.com", "curve25519-sha256", "KexAlgorithms"
        ),
        (
          "HostKeyAlgorithms rsa-sha2-512", "rsa", "host key", "rsa-sha2-512",
          "ssh-ed25519, ecdsa-sha2-nistp256", "HostKeyAlgorithms"
        ),
        (
          "Ciphers chacha20-poly1305@openssh.com", "ed25519", "cipher",
          "chacha20-poly1305@openssh.com", "aes256-ctr", "Ciphers"
        ),
        (
          "MACs hmac-sha2-512-etm@openssh.com,hmac-sha2-256-etm@openssh.com\nCiphers aes256-ctr",
          "ed25519", "MAC", "hmac-sha2-512-etm@openssh.com, hmac-sha2-256-etm@openssh.com",
          "hmac-sha2-256,", "MACs"
        ),
      ])
    func hardened(
      _ settings: String, _ key: String, _ kind: String, _ offered: String, _ known: String,
      _ setting: String
    ) async throws {
      let server = try await Server(hostKeys: [key], settings: settings)
      let client = try SSHClient()
      let error = try await failure { () async throws(SSHError) in
        try await client.connect(to: server.destination())
      }
      #expect(error.code == .noSharedAlgorithm)
      let lines = error.detail.split(separator: "\n").map(String.init)
      #expect(lines.count == 5, "\(error.detail)")
      #expect(lines[0].hasSuffix(" share no \(kind) algorithm:"), "\(error.detail)")
      #expect(lines[1].hasPrefix("  the server offers \(offered)"), "\(error.detail)")
      #expect(lines[2].contains(" supports ") && lines[2].contains(known), "\(error.detail)")
      #expect(lines[3].hasPrefix("Allow one of these in \(setting) of "), "\(error.detail)")
      #expect(lines[3].contains("ssh-keygen -A") == (kind == "host key"))
      #expect(lines[4] == Self.remedy)
      let connection = try await OpenSSHConnection.connect(
        to: server.destination(), configuration: "none", client: client)
      #expect(try await connection.start("true").exitStatus() == .code(0))
    }

    @Test("is escaped and bounded if it offers algorithms that no server has")
    func hostile() async throws {
      let name = Array("\u{1B}[31mowned\u{202E}".utf8)
      let lists = [name] + (0..<9).map { _ in [UInt8](repeating: 0x41, count: 600) }
      let body =
        [20] + [UInt8](repeating: 7, count: 16) + lists.flatMap { wireString($0) }
        + [0, 0, 0, 0, 0]
      let padding = 16 - (body.count + 5) % 8
      let packet =
        wireUInt32(body.count + 1 + padding) + [UInt8(padding)] + body
        + [UInt8](repeating: 0, count: padding)
      let listener = try Listener { peer in
        say("Welcome\r\nSSH-2.0-Odd\r\n", to: peer)
        _ = packet.withUnsafeBytes { send(peer, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
        while hearSomething(from: peer) {}
      }
      let destination = try listener.destination()
      let client = try SSHClient()
      let error = try await failure { () async throws(SSHError) in
        try await client.connect(to: destination)
      }
      #expect(error.code == .noSharedAlgorithm)
      #expect(
        error.detail.contains("  the server offers \\u{1B}[31mowned\\u{202E}\n"), "\(error.detail)")
    }

    @Test("has no offer if the packet is incomplete")
    func cutOff() throws {
      let lists = ["a,b", "c", "d", "e", "f"].flatMap { wireString(Array($0.utf8)) }
      let packet = wireUInt32(200) + [4, 20] + [UInt8](repeating: 7, count: 16) + lists
      let opening = Array("Hi\nSSH-2.0-x\r\n".utf8) + packet
      for size in 0..<opening.count {
        #expect(KeyExchangeOffer(opening: Array(opening[..<size])) == nil, "\(size)")
      }
      let offer = try #require(KeyExchangeOffer(opening: opening))
      #expect(
        KeyExchangeOffer.Kind.allCases.map { offer[$0] } == [["a", "b"], ["c"], ["d"], ["f"]])
    }
  }
}
