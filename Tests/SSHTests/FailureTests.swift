import Foundation
import TestSupport
import Testing

@testable import SSH

extension OverTheNetwork {
  @Suite("Peers that misbehave")
  struct FailureTests {
    let client: SSHClient
    static let short = Deadlines(
      connect: .milliseconds(100), handshake: .milliseconds(100),
      authentication: .milliseconds(100), idle: .milliseconds(100))

    init() throws { client = try SSHClient() }

    /// Connects where that cannot succeed, and expects that no socket stays behind.
    func failed(
      to destination: Destination, deadlines: Deadlines = Deadlines()
    ) async throws -> SSHError {
      let sockets = try openSockets()
      let error = try await failure { () async throws(SSHError) in
        try await client.connect(to: destination, deadlines: deadlines)
      }
      try await eventually("no socket stays open after \(error)") {
        try openSockets() <= sockets
      }
      return error
    }

    @Test("A port without a listener is refused")
    func nothingListens() async throws {
      let listener = try Listener()
      var destination = try listener.destination()
      destination.port = try Listener.freePort()
      let error = try await failed(to: destination)
      #expect(error.code == .refused)
      #expect(
        error.description
          == "odd (127.0.0.1 port \(destination.port)): connecting: Connection refused: the host is "
          + "up, but nothing listens on this port")
    }

    @Test("An address that is a name is refused without a lookup")
    func name() async throws {
      var destination = try Listener().destination()
      destination.address = "localhost"
      let error = try await failed(to: destination)
      #expect(error.code == .invalidAddress)
      #expect(client.counts.connections == 0)
    }

    @Test("An address without a route is unreachable")
    func noRoute() async throws {
      var destination = try Listener().destination()
      destination.address = "255.255.255.255"
      let error = try await failed(to: destination)
      #expect(error.code == .unreachable)
    }

    @Test("A listener that accepts and stays silent exceeds the deadline of the handshake")
    func silence() async throws {
      let listener = try Listener()
      let error = try await failed(to: listener.destination(), deadlines: Self.short)
      #expect(error.code == .timedOut)
      #expect(
        error.detail == "the connection was accepted, but nothing was received within 0.1 seconds")
    }

    @Test("A full backlog exceeds the deadline of the connection")
    func fullBacklog() async throws {
      let listener = try Listener()
      let destination = try listener.destination()
      // 16 connections fill the backlog; Linux drops the SYNs of those that come later.
      try await withThrowingTaskGroup(of: SSHError.self) { group in
        for _ in 0..<40 {
          group.addTask {
            try await failure { () async throws(SSHError) in
              try await client.connect(to: destination, deadlines: Self.short)
            }
          }
        }
        var activities: Set<String> = []
        for try await error in group {
          #expect(error.code == .timedOut)
          activities.insert(error.activity)
        }
        #expect(activities == ["connecting", "exchanging keys"])
      }
    }

    @Test("A peer that closes immediately is a failed handshake")
    func closesAtOnce() async throws {
      let listener = try Listener { _ in }
      let error = try await failed(to: listener.destination())
      #expect(error.code == .handshakeFailed)
      #expect(error.library != nil)
    }

    @Test("A server that closes during the key exchange is a failed handshake")
    func closesInKeyExchange() async throws {
      let listener = try Listener { peer in
        say("SSH-2.0-Odd\r\n", to: peer)
        hearSomething(from: peer)
      }
      let error = try await failed(to: listener.destination())
      #expect(error.code == .handshakeFailed)
    }

    @Test("A server that hangs during the key exchange exceeds the deadline")
    func hangsInKeyExchange() async throws {
      let listener = try Listener { peer in
        say("SSH-2.0-Odd\r\n", to: peer)
        while hearSomething(from: peer) {}
      }
      let error = try await failed(to: listener.destination(), deadlines: Self.short)
      #expect(error.code == .timedOut)
      #expect(error.detail == "the key exchange did not finish within 0.1 seconds")
    }

    @Test("The answer of a peer that is not an SSH server is quoted")
    func garbage() async throws {
      let listener = try Listener { peer in
        say("HTTP/1.1 400 Bad \u{1b}Request\r\nServer: odd\r\n\r\n", to: peer)
        hearSomething(from: peer)
      }
      let error = try await failed(to: listener.destination())
      #expect(error.code == .handshakeFailed)
      #expect(
        error.detail.hasSuffix(
          #"the peer is not an SSH server: it said "HTTP/1.1 400 Bad \u{1B}Request""#))
    }

    @Test("A peer that never stops sending is disconnected")
    func endlessTalk() async throws {
      let listener = try Listener { peer in
        while say(String(repeating: "blah\r\n", count: 1000), to: peer) {}
      }
      let error = try await failed(to: listener.destination())
      #expect(error.code == .handshakeFailed)
      #expect(error.detail.contains("too much data before the key exchange"))
    }

    @Test("Lines before the banner are allowed, as in RFC 4253")
    func linesBeforeBanner() async throws {
      let listener = try Listener { peer in
        say("Welcome\r\nSSH-2.0-Odd\r\n", to: peer)
        while hearSomething(from: peer) {}
      }
      let error = try await failed(to: listener.destination(), deadlines: Self.short)
      #expect(error.detail == "the key exchange did not finish within 0.1 seconds")
    }

    @Test("A refused key, an unknown host and a refused address leave no socket behind")
    func refusals() async throws {
      let server = try await Server()
      let key = try server.folder.makeKey("stranger")
      let unauthorized = try await failed(to: server.destination(identities: [key]))
      #expect(unauthorized.code == .authenticationFailed)
      let unknown = try await failed(to: server.destination(knownHosts: "/nonexistent"))
      #expect(unknown.code == .hostKeyUnknown)
    }

    @Test("Cancelling ends a handshake that would never finish")
    func cancelHandshake() async throws {
      let listener = try Listener()
      let destination = try listener.destination()
      let sockets = try openSockets()
      let never = Deadlines(connect: .seconds(3600), handshake: .seconds(3600))
      let task = Task { try await client.connect(to: destination, deadlines: never) }
      try await eventually("the connection is made") { client.counts.bytesSent > 0 }
      task.cancel()
      let result = await task.result
      #expect { try result.get() } throws: { ($0 as? SSHError)?.code == .cancelled }
      try await eventually("its socket is closed") { try openSockets() == sockets }
    }

    @Test("A task that is cancelled before it starts makes no connection")
    func cancelledBefore() async throws {
      let listener = try Listener()
      let destination = try listener.destination()
      let task = Task {
        withUnsafeCurrentTask { $0?.cancel() }
        return try await client.connect(to: destination)
      }
      let result = await task.result
      #expect { try result.get() } throws: { ($0 as? SSHError)?.code == .cancelled }
    }
  }
}
