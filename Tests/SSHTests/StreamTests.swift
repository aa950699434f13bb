import Foundation
import TestSupport
import Testing

@testable import SSH

extension OverTheNetwork {
  @Suite("Streams to addresses behind a host")
  struct StreamTests {
    let server: Server
    let client: SSHClient
    let connection: Connection

    init() async throws {
      (server, client, connection) = try await loggedIn()
    }

    /// A peer that says back what it hears.
    func echo() throws -> Listener {
      try Listener { peer in
        var buffer = [UInt8](repeating: 0, count: 65536)
        while true {
          let count = recv(peer, &buffer, buffer.count, 0)
          guard count > 0 else { return }
          var rest = buffer[..<count]
          while !rest.isEmpty {
            let sent = rest.withUnsafeBytes {
              send(peer, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard sent > 0 else { return }
            rest = rest.dropFirst(sent)
          }
        }
      }
    }

    func all(of stream: ByteStream) async throws -> [UInt8] {
      var all: [UInt8] = []
      while let chunk = try await stream.read() { all += chunk }
      return all
    }

    @Test("Input comes back as output, even if the windows are full")
    func duplex() async throws {
      let listener = try echo()
      let stream = try await connection.open(to: "127.0.0.1", port: listener.port)
      let bytes = (0..<9_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31 >> 3) }
      async let writing: Void = {
        try await stream.write(bytes)
        await stream.closeOutput()
      }()
      #expect(try await all(of: stream) == bytes)
      try await writing
      #expect(client.counts.streams == 1)
    }

    @Test("Many streams and a command run concurrently on one connection")
    func concurrency() async throws {
      let listeners = try (0..<12).map { _ in try echo() }
      try await withThrowingTaskGroup { group in
        for (number, listener) in listeners.enumerated() {
          group.addTask {
            let stream = try await connection.open(to: "127.0.0.1", port: listener.port)
            let bytes = [UInt8](repeating: UInt8(number), count: 700_000 + number)
            try await stream.write(bytes)
            await stream.closeOutput()
            #expect(try await all(of: stream) == bytes)
          }
        }
        group.addTask {
          let process = try await connection.start("head -c 3000000 /dev/zero")
          var count = 0
          while let chunk = try await process.read() { count += chunk.count }
          #expect(count == 3_000_000)
        }
        try await group.waitForAll()
      }
      #expect(client.counts.connections == 1)
    }

    @Test("A port without a listener is refused, and the connection continues")
    func nothingListens() async throws {
      let port = try Listener.freePort()
      let error = try await failure { () async throws(SSHError) in
        try await connection.open(to: "127.0.0.1", port: port)
      }
      #expect(error.code == .streamRefused)
      #expect(error.activity == "connecting to 127.0.0.1 port \(port) through the host")
      let listener = try echo()
      _ = try await connection.open(to: "localhost", port: listener.port)
      #expect(try await connection.start("true").exitStatus() == .code(0))
    }

    @Test("A server that forbids forwarding is distinguished from one that cannot connect")
    func prohibited() async throws {
      let strict = try await Server(settings: "AllowTcpForwarding no")
      let connection = try await client.connect(to: strict.destination())
      let error = try await failure { () async throws(SSHError) in
        try await connection.open(to: "127.0.0.1", port: 80)
      }
      #expect(error.code == .forwardingProhibited)
      #expect(error.detail.contains("AllowTcpForwarding"))
    }

    @Test("A read that finds nothing in time can be repeated, and a cancelled one as well")
    func readDeadline() async throws {
      let listener = try echo()
      let stream = try await connection.open(to: "127.0.0.1", port: listener.port)
      let error = try await failure { () async throws(SSHError) in
        try await stream.read(within: .milliseconds(50))
      }
      #expect(error.code == .timedOut)
      let task = Task { try await stream.read(within: .seconds(3600)) }
      await Task.yield()
      task.cancel()
      let result = await task.result
      #expect { try result.get() } throws: { ($0 as? SSHError)?.code == .cancelled }
      try await stream.write(Array("late".utf8))
      #expect(try await stream.read() == Array("late".utf8))
    }

    @Test("An open that was abandoned delays nothing, and its late answer is ignored")
    func abandonedOpen() async throws {
      // Its backlog is full, so the host's connect(2) goes unanswered.
      let full = try FullListener()
      let (listener, other) = (try echo(), try echo())
      let earlier = try await connection.open(to: "127.0.0.1", port: other.port)
      for _ in 0..<3 {
        let error = try await failure { () async throws(SSHError) in
          try await connection.open(to: "127.0.0.1", port: full.port, within: .milliseconds(100))
        }
        #expect(error.code == .timedOut)
        let stream = try await connection.open(to: "127.0.0.1", port: listener.port)
        try await stream.write(Array("on".utf8))
        #expect(try await stream.read() == Array("on".utf8))
      }
      let task = Task { [connection, port = full.port] in
        try await connection.open(to: "127.0.0.1", port: port, within: .seconds(3600))
      }
      await Task.yield()
      task.cancel()
      let result = await task.result
      #expect { try result.get() } throws: { ($0 as? SSHError)?.code == .cancelled }
      #expect(try await connection.start("true").exitStatus() == .code(0))
      full.makeRoom()
      try await earlier.write(Array("still".utf8))
      #expect(try await earlier.read() == Array("still".utf8))
    }

    @Test("A host that is alive answers at once, also behind a request that it cannot answer yet")
    func answering() async throws {
      #expect(try await connection.answers(within: .seconds(60)))
      let full = try FullListener()
      let error = try await failure { () async throws(SSHError) in
        try await connection.open(to: "127.0.0.1", port: full.port, within: .milliseconds(100))
      }
      #expect(error.code == .timedOut)
      #expect(try await connection.answers(within: .seconds(60)))
      let process = try await connection.start("echo $PPID; cat")
      let line = try #require(try await process.read())
      let pid = try #require(Int32(String(decoding: line, as: UTF8.self).dropLast()))
      kill(pid, SIGSTOP)
      #expect(try await !connection.answers(within: .milliseconds(100)))
      kill(pid, SIGCONT)
      // The late answer is taken for that to the next question.
      let lost = try await failure { () async throws(SSHError) in
        try await connection.answers(within: .seconds(60))
      }
      #expect(lost.code == .channelRefused)
      #expect(await connection.condition == (true, false, false))
    }

    @Test("Late answers cost a gateway nothing but another connection")
    func lateAnswers() async throws {
      let gateway = client.gateway(through: server.destination())
      let full = try FullListener()
      let error = try await failure { () async throws(SSHError) in
        try await gateway.open(to: "127.0.0.1", port: full.port, within: .milliseconds(100))
      }
      #expect(error.code == .timedOut)
      #expect(client.counts.connections == 2)
      full.makeRoom()
      let port = try Listener.freePort()
      try await eventually("the host's late answer is met") {
        let refused = try await failure { () async throws(SSHError) in
          try await gateway.open(to: "127.0.0.1", port: port)
        }
        #expect(refused.code == .streamRefused)
        return client.counts.connections == 3
      }
    }

    @Test("Closing a stream fails pending reads, and the other side sees the end")
    func closing() async throws {
      let listener = try echo()
      let stream = try await connection.open(to: "127.0.0.1", port: listener.port)
      async let waiting = failure { () async throws(SSHError) in
        try await stream.read(within: .seconds(3600))
      }
      await Task.yield()
      await stream.close()
      #expect(try await waiting.code == .closed)
      let late = try await failure { () async throws(SSHError) in try await stream.write([1]) }
      #expect(late.code == .closed)
    }

    @Test("If a connection ends, its streams end too, with the reason")
    func lostConnection() async throws {
      let process = try await connection.start("echo $PPID; cat")
      let line = try #require(try await process.read())
      let pid = try #require(Int32(String(decoding: line, as: UTF8.self).dropLast()))
      let listener = try echo()
      let stream = try await connection.open(to: "127.0.0.1", port: listener.port)
      async let waiting = failure { () async throws(SSHError) in
        try await stream.read(within: .seconds(3600))
      }
      kill(pid, SIGKILL)
      #expect(try await waiting.code == .connectionLost)
    }

    @Test("A released stream is closed on both sides")
    func abandonment() async throws {
      let (ended, continuation) = AsyncStream.makeStream(of: Void.self)
      let listener = try Listener { peer in
        while hearSomething(from: peer) {}
        continuation.yield()
      }
      var stream: ByteStream? = try await connection.open(to: "127.0.0.1", port: listener.port)
      try await stream?.write(Array("hello".utf8))
      stream = nil
      var iterator = ended.makeAsyncIterator()
      #expect(await iterator.next() != nil)
    }
  }
}

/// A listener whose backlog is full until it makes room.
final class FullListener {
  let port: UInt16
  private let descriptor: Int32
  private var fillers: [Int32] = []

  init() throws {
    (descriptor, port) = try Listener.bound()
    listen(descriptor, 0)
    for _ in 0..<4 {
      let filler = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue), 0)
      _ = Listener.withAddress(port) { connect(filler, $0, $1) }
      fillers.append(filler)
    }
  }

  /// From now on, waiting connections are refused.
  func makeRoom() {
    for filler in fillers { close(filler) }
    fillers = []
    shutdown(descriptor, Int32(SHUT_RDWR))
  }

  deinit {
    makeRoom()
    close(descriptor)
  }
}
