import Foundation
import TestSupport
import Testing

@testable import SSH

extension OverTheNetwork {
  @Suite("Commands on a host")
  struct CommandTests {
    let server: Server
    let client: SSHClient
    let connection: Connection

    init() async throws {
      (server, client, connection) = try await loggedIn()
    }

    func output(of process: RemoteProcess) async throws -> [UInt8] {
      var all: [UInt8] = []
      while let chunk = try await process.read() { all += chunk }
      return all
    }

    @Test("Input comes back as output, even if both windows are full")
    func duplex() async throws {
      let bytes = (0..<12_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31 >> 3) }
      let process = try await connection.start("cat")
      async let writing: Void = {
        try await process.write(bytes)
        try await process.closeInput()
      }()
      let echoed = try await output(of: process)
      try await writing
      #expect(echoed == bytes)
      #expect(try await process.exitStatus() == .code(0))
      #expect(client.counts.bytesSent > bytes.count)
      #expect(client.counts.bytesReceived > bytes.count)
    }

    @Test(
      "More standard error than a window holds does not stop a command that is only written to")
    func complaints() async throws {
      let process = try await connection.start("cat >&2; echo done")
      try await process.write([UInt8](repeating: 120, count: 3_000_000))
      try await process.write(Array("the end".utf8))
      try await process.closeInput()
      #expect(try await output(of: process) == Array("done\n".utf8))
      #expect(try await process.exitStatus() == .code(0))
      let complaints = await process.standardError
      #expect(complaints.count == 64 * 1024)
      #expect(complaints.suffix(7) == Array("the end".utf8)[...])
    }

    @Test("Endless standard error is reported as the command's failure, whatever is waited for")
    func endlessComplaints() async throws {
      let process = try await connection.start("while :; do echo no; done >&2")
      let error = await #expect(throws: SSHError.self) { _ = try await output(of: process) }
      #expect(error?.code == .tooMuchOutput)
      #expect(try await connection.start("exit 3").exitStatus() == .code(3))
    }

    @Test(
      "A command's exit is reported unchanged",
      arguments: [
        ("exit 0", Exit.code(0)), ("exit 7", .code(7)), ("exit 255", .code(255)),
        ("kill -TERM $$", .signal("TERM")), ("kill -KILL $$", .signal("KILL")),
        ("exec >&-; sleep 0.2; exit 3", .code(3)),
      ])
    func exits(command: String, expected: Exit) async throws {
      #expect(try await connection.start(command).exitStatus() == expected)
    }

    @Test("Commands follow each other on one connection, and each is counted")
    func sequence() async throws {
      for number in 0..<20 {
        let process = try await connection.start("echo \(number)")
        #expect(try await output(of: process) == Array("\(number)\n".utf8))
        #expect(try await process.exitStatus() == .code(0))
      }
      let counts = client.counts
      #expect(counts.executions == 20)
      #expect(counts.connections == 1)
      #expect(counts.logins == 1)
    }

    @Test("Commands run concurrently on one connection")
    func concurrency() async throws {
      try await withThrowingTaskGroup { group in
        for number in 0..<8 {
          group.addTask {
            let process = try await connection.start("head -c 3000000 /dev/zero; echo \(number)")
            let bytes = try await output(of: process)
            #expect(bytes.count == 3_000_002)
            #expect(bytes.suffix(2) == Array("\(number)\n".utf8)[...])
            #expect(try await process.exitStatus() == .code(0))
          }
        }
        try await group.waitForAll()
      }
    }

    @Test("More channels than the server allows are refused, and the others continue")
    func tooManyChannels() async throws {
      var processes: [RemoteProcess] = []
      for _ in 0..<10 { processes.append(try await connection.start("cat")) }
      let error = try await failure { () async throws(SSHError) in
        try await connection.start("true")
      }
      #expect(error.code == .channelRefused)
      try await processes[9].closeInput()
      #expect(try await processes[9].exitStatus() == .code(0))
    }

    @Test("Input for a command that has ended is refused")
    func inputAfterTheEnd() async throws {
      let process = try await connection.start("echo bye; exec true")
      let error = try await failure { () async throws(SSHError) in
        while true { try await process.write([UInt8](repeating: 0, count: 1_000_000)) }
      }
      #expect(error.code == .inputRefused)
      #expect(try await process.exitStatus() == .code(0))
    }

    @Test("A released process makes room for others")
    func abandonment() async throws {
      // The server frees a channel when its command has noticed, so some opens come too early.
      for _ in 0..<30 {
        try await eventually("there is room for one more command") {
          do {
            _ = try await connection.start("cat")
            return true
          } catch let error as SSHError where error.code == .channelRefused {
            return false
          }
        }
      }
    }

    @Test("A read that finds nothing in time can be repeated")
    func readDeadline() async throws {
      let process = try await connection.start("cat")
      let error = try await failure { () async throws(SSHError) in
        try await process.read(within: .milliseconds(50))
      }
      #expect(error.code == .timedOut)
      #expect(error.description.contains("app-1 (127.0.0.1 port \(server.port)): reading output"))
      #expect(error.description.contains("0.05 seconds"))
      try await process.write(Array("late".utf8))
      #expect(try await process.read() == Array("late".utf8))
    }

    @Test("Cancelling a task ends its wait, and the connection can still be used")
    func cancellation() async throws {
      let process = try await connection.start("cat")
      let task = Task { try await process.read(within: .seconds(3600)) }
      while client.counts.executions == 0 { await Task.yield() }
      task.cancel()
      let result = await task.result
      #expect { try result.get() } throws: { ($0 as? SSHError)?.code == .cancelled }
      try await process.write(Array("on".utf8))
      #expect(try await process.read() == Array("on".utf8))
    }

    @Test("A server that dies in the middle of a command is noticed")
    func lostServer() async throws {
      let process = try await connection.start("echo $PPID; cat")
      let line = try #require(try await process.read())
      let pid = try #require(Int32(String(decoding: line, as: UTF8.self).dropLast()))
      async let waiting = failure { () async throws(SSHError) in
        try await process.read(within: .seconds(3600))
      }
      kill(pid, SIGKILL)
      #expect(try await waiting.code == .connectionLost)
      let after = try await failure { () async throws(SSHError) in
        try await connection.start("true")
      }
      #expect(after.code == .connectionLost)
    }

    @Test("Closing fails all tasks that still wait")
    func closing() async throws {
      let process = try await connection.start("echo up; cat")
      _ = try await process.read()
      async let waiting = failure { () async throws(SSHError) in
        try await process.read(within: .seconds(3600))
      }
      await Task.yield()
      await connection.close()
      await connection.close()
      #expect(try await waiting.code == .closed)
    }
  }
}
