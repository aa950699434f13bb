import Foundation
import TestSupport
import Testing

@testable import SSH

extension OverTheNetwork {
  @Suite("Many hosts at once")
  struct ScaleTests {
    @Test("Forty connections need as many threads as one, and leave no socket behind")
    func manyConnections() async throws {
      let server = try await Server()
      let client = try SSHClient()
      let first = try await client.connect(to: server.destination())
      let (sockets, before) = (try openSockets(), try threads())
      try await withThrowingTaskGroup(of: Connection.self) { group in
        for _ in 0..<40 {
          group.addTask { try await client.connect(to: server.destination()) }
        }
        var connections: [Connection] = []
        for try await connection in group { connections.append(connection) }
        #expect(try openSockets() == sockets + 40)
        // The cooperative pool may have been smaller than the processors allow.
        #expect(try threads() <= before + ProcessInfo.processInfo.activeProcessorCount)
        try await withThrowingTaskGroup { group in
          for connection in connections {
            group.addTask {
              let process = try await connection.start("echo hello")
              #expect(try await process.read() == Array("hello\n".utf8))
              #expect(try await process.exitStatus() == .code(0))
            }
          }
          try await group.waitForAll()
        }
      }
      #expect(client.counts.logins == 41)
      #expect(client.counts.executions == 40)
      try await eventually("all sockets but the first are closed") {
        try openSockets() == sockets
      }
      #expect(try await first.start("true").exitStatus() == .code(0))
    }

    /// `DEPLOY_SSH_SESSIONS` makes it as many as a machine can serve: 1000 are 1000 sshd as well.
    private static let sessions =
      TestSetting.number("DEPLOY_SSH_SESSIONS") ?? 100

    @Test("Sessions that are open at once cost little, and all of them answer")
    func manySessions() async throws {
      // The start-up files of the user who runs the tests may cost more than what is tested.
      let server = try await Server(
        settings: "MaxStartups 2000:30:3000\nSetEnv HOME=/nonexistent")
      let client = try SSHClient()
      let (threadsBefore, before) = (try threads(), Usage())
      var connections: [Connection] = []
      try await withThrowingTaskGroup(of: Connection.self) { group in
        var left = Self.sessions
        func next() {
          guard left > 0 else { return }
          left -= 1
          group.addTask {
            try await client.connect(
              to: server.destination(), deadlines: Deadlines(handshake: .seconds(60)))
          }
        }
        for _ in 0..<64 { next() }
        while let connection = try await group.next() {
          connections.append(connection)
          next()
        }
      }
      try await withThrowingTaskGroup { group in
        for connection in connections {
          group.addTask {
            let process = try await connection.start("true")
            #expect(try await process.exitStatus() == .code(0))
          }
        }
        try await group.waitForAll()
      }
      let after = Usage()
      #expect(client.counts.executions == Self.sessions)
      #expect(try threads() <= threadsBefore + ProcessInfo.processInfo.activeProcessorCount + 1)
      let milliseconds = (after.processor - before.processor) * 1000 / Double(Self.sessions)
      print(
        "\(Self.sessions) sessions: \(milliseconds) ms of processor each, peak \(after.peak) kB")
    }

    /// What this process has used so far: seconds, and kilobytes at most.
    private struct Usage {
      let processor: Double
      let peak: Int

      init() {
        var usage = rusage()
        getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        processor = [usage.ru_utime, usage.ru_stime].reduce(0) {
          $0 + Double($1.tv_sec) + Double($1.tv_usec) / 1e6
        }
        peak = usage.ru_maxrss
      }
    }

    @Test("The thread ends with the client and its last connection")
    func threadEnds() async throws {
      let server = try await Server()
      let before = try loopThreads()
      var connection: Connection? = try await SSHClient().connect(to: server.destination())
      #expect(try loopThreads() == before + 1)
      #expect(try await connection?.start("true").exitStatus() == .code(0))
      connection = nil
      try await eventually("the thread ended") { try loopThreads() == before }
    }

    private func loopThreads() throws -> Int {
      try FileManager.default.contentsOfDirectory(atPath: "/proc/self/task").count { task in
        // A thread that ends while the folder is read no longer has a name.
        let name = FileManager.default.contents(atPath: "/proc/self/task/\(task)/comm")
        return name == Data("ssh-loop\n".utf8)
      }
    }
  }
}
