import Foundation
import Synchronization

/// A PostgreSQL server of a test: with an unprivileged user, data and socket in a folder of its own, and no port.
/// It is ended with this value.
package final class PostgreSQLServer: Sendable {
  private static let binaries: String? = {
    let root = "/usr/lib/postgresql"
    let versions = (try? FileManager.default.contentsOfDirectory(atPath: root)) ?? []
    return versions.compactMap { Int($0) }.max().map { "\(root)/\($0)/bin" }
  }()
  package static let isInstalled = binaries != nil && geteuid() == 0

  private let folder: TemporaryFolder
  private let data: String
  private let program: Latest

  /// The running server, which can be replaced.
  private actor Latest {
    var program: RunningProgram
    init(_ program: RunningProgram) { self.program = program }
    func replace(_ program: RunningProgram) { self.program = program }
  }

  /// Where its socket is: the value of `host`.
  package var socket: String { folder.path }

  /// How to connect as the owner of a database.
  package func connection(to database: String, as user: String = "deploy") -> String {
    "host=\(socket) user=\(user) dbname=\(database)"
  }

  /// - Parameters:
  ///   - data: where the data is, empty; nil for a folder beside the socket.
  ///   - settings: lines of `postgresql.conf`.
  package init(data: String? = nil, settings: [String: String] = [:]) async throws {
    folder = try TemporaryFolder("pg")
    self.data = data ?? folder.path("data")
    try ProgramRun.output(of: ["install", "-d", "-m", "0700", "-o", "nobody", self.data])
    try ProgramRun.output(of: ["chown", "nobody", folder.path])
    try ProgramRun.output(
      of: Self.command("initdb", ["-D", self.data, "-A", "trust", "-U", "deploy", "--no-sync"]))
    Self.stopAtExit(self.data, folder.path)
    program = Latest(try Self.start(self.data, folder.path, settings))
    try await awaitAnswer()
  }

  deinit {
    Self.stop(data)
    Self.running.withLock { _ = $0.removeValue(forKey: data) }
  }

  /// The folder of the socket of each server that runs, by that of its data.
  private static let running = Mutex<[String: String]>([:])
  private static let exitHook: Void = {
    atexit {
      for (data, folder) in PostgreSQLServer.running.withLock({ $0 }) {
        PostgreSQLServer.stop(data)
        try? FileManager.default.removeItem(atPath: folder)
      }
    }
  }()

  /// A server that all tests of a process share is never released.
  private static func stopAtExit(_ data: String, _ folder: String) {
    _ = exitHook
    running.withLock { $0[data] = folder }
  }

  /// Ends it and starts it again.
  package func restart(settings: [String: String] = [:]) async throws {
    Self.stop(data)
    await program.replace(try Self.start(data, folder.path, settings))
    try await awaitAnswer()
  }

  /// Ends it as a failing machine would; clients lose their connections.
  package func stop() { Self.stop(data) }

  package func start() async throws {
    await program.replace(try Self.start(data, folder.path, [:]))
    try await awaitAnswer()
  }

  /// Stops all its processes where they are, or lets them continue.
  package func freeze(_ isFrozen: Bool) throws {
    guard let parent = Self.parentID(data) else { return }
    let children = try ProgramRun(["pgrep", "-P", "\(parent)"]).output.split(separator: "\n")
    for process in [parent] + children.compactMap({ pid_t($0) }) {
      kill(process, isFrozen ? SIGSTOP : SIGCONT)
    }
  }

  /// Runs SQL and returns what psql prints: a line for each row, values separated by |.
  @discardableResult
  package func run(_ sql: String, in database: String = "postgres") throws -> String {
    try ProgramRun.output(
      of: [
        "env", "-C", "/", "psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1",
        connection(to: database), "-c", sql,
      ]
    ).trimmingCharacters(in: .whitespacesAndNewlines)
  }

  /// A new, empty database.
  package func makeDatabase() throws -> String {
    let name = "db\(UInt64.random(in: .min ... .max))"
    try run("CREATE DATABASE \(name)")
    return name
  }

  // MARK: - The processes

  /// The process that starts all others, as its lock file says.
  private static func parentID(_ data: String) -> pid_t? {
    (try? String(contentsOfFile: data + "/postmaster.pid", encoding: .utf8))
      .flatMap { pid_t($0.prefix { $0 != "\n" }) }
  }

  private static func stop(_ data: String) {
    guard let parent = Self.parentID(data) else { return }
    kill(parent, SIGQUIT)
    kill(parent, SIGCONT)
    // The lock file goes last.
    let end = ContinuousClock.now + .seconds(20)
    while parentID(data) == parent, ContinuousClock.now < end { usleep(5000) }
  }

  private func awaitAnswer() async throws {
    let end = ContinuousClock.now + .seconds(60)
    while true {
      let attempt = try ProgramRun([
        "env", "-C", "/", "psql", "-X", "-q", connection(to: "postgres"), "-c", "SELECT 1",
      ])
      if attempt.hasSucceeded { return }
      guard ContinuousClock.now < end else {
        throw ProgramRun.Failure(description: "PostgreSQL does not answer: \(attempt.output)")
      }
      try await Task.sleep(for: .milliseconds(50))
    }
  }

  private static func start(
    _ data: String, _ socket: String, _ settings: [String: String]
  ) throws -> RunningProgram {
    let all = settings.merging(
      ["listen_addresses": "", "unix_socket_directories": socket, "fsync": "off"]
    ) { given, _ in given }
    return try RunningProgram(
      command("postgres", ["-D", data] + all.flatMap { ["-c", "\($0.key)=\($0.value)"] }))
  }

  private static func command(_ name: String, _ arguments: [String]) throws -> [String] {
    guard let binaries else {
      throw ProgramRun.Failure(
        description: "PostgreSQL is not installed: scripts/install-packages test")
    }
    return ["env", "-C", "/", "setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups"]
      + ["\(binaries)/\(name)"] + arguments
  }
}
