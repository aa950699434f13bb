package import Foundation
import Synchronization
import Testing

/// A program that a test has started; it is ended with this value.
///
/// What it prints goes to files, so that it never waits for a reader. Signals are as in a login shell:
/// none blocked, as a test's threads block some, and a broken pipe ends it, though the tests ignore that.
package final class RunningProgram: Sendable {
  package let pid: pid_t
  private let folder: TemporaryFolder
  /// As waitpid(2) gives it; nil until the program has ended and was waited for.
  private let status = Mutex<Int32?>(nil)

  /// Starts a program; the parameters are those of `ProgramRun`.
  package init(
    _ words: [String], input: [UInt8] = [], environment: [String: String]? = nil,
    in directory: String? = nil, separatesErrors: Bool = false
  ) throws {
    folder = try TemporaryFolder("run")
    try folder.write(input, to: "input")
    let words = directory.map { ["/usr/bin/env", "-C", $0] + words } ?? words
    pid = try Self.spawn(words, environment, in: folder, separatesErrors)
  }

  deinit { end() }

  /// Ends it with SIGTERM and waits until it is gone.
  package func end() {
    signal(SIGTERM)
    _ = waitForStatus()
  }

  /// What it has printed on standard output so far.
  package func output() throws -> String { try text("output") }

  package var isRunning: Bool {
    status.withLock { status in
      if status == nil {
        var found: Int32 = 0
        if waitpid(pid, &found, WNOHANG) == pid { status = found }
      }
      return status == nil
    }
  }

  /// Sends a signal if it has not ended: its number may be another process's by then.
  package func signal(_ number: Int32) {
    if isRunning { kill(pid, number) }
  }

  /// Blocks until it has ended.
  package func wait() throws -> ProgramRun {
    let status = waitForStatus()
    // The macros WIFSIGNALED, WTERMSIG and WEXITSTATUS of wait(2).
    let signal = status & 0x7f
    return ProgramRun(
      status: signal == 0 ? status >> 8 & 0xff : 128 + signal, output: try text("output"),
      errors: try text("errors"))
  }

  private func waitForStatus() -> Int32 {
    status.withLock { status in
      if let status { return status }
      var found: Int32 = 0
      while waitpid(pid, &found, 0) == -1 && errno == EINTR {}
      status = found
      return found
    }
  }

  private func text(_ name: String) throws -> String {
    FileManager.default.fileExists(atPath: folder.path(name))
      ? String(decoding: try folder.bytes(name), as: UTF8.self) : ""
  }

  private static func spawn(
    _ words: [String], _ environment: [String: String]?, in folder: TemporaryFolder,
    _ separatesErrors: Bool
  ) throws -> pid_t {
    var actions = posix_spawn_file_actions_t()
    var attributes = posix_spawnattr_t()
    posix_spawn_file_actions_init(&actions)
    posix_spawnattr_init(&attributes)
    defer {
      posix_spawn_file_actions_destroy(&actions)
      posix_spawnattr_destroy(&attributes)
    }
    let creating = O_WRONLY | O_CREAT | O_APPEND
    posix_spawn_file_actions_addopen(&actions, 0, folder.path("input"), O_RDONLY, 0)
    posix_spawn_file_actions_addopen(&actions, 1, folder.path("output"), creating, 0o600)
    if separatesErrors {
      posix_spawn_file_actions_addopen(&actions, 2, folder.path("errors"), creating, 0o600)
    } else {
      posix_spawn_file_actions_adddup2(&actions, 1, 2)
    }
    // A file that another test is writing must not stay open in this program: it could not be run then.
    closeFrom(3, in: &actions)
    var (none, pipe) = (sigset_t(), sigset_t())
    sigemptyset(&none)
    sigemptyset(&pipe)
    sigaddset(&pipe, SIGPIPE)
    posix_spawnattr_setsigmask(&attributes, &none)
    posix_spawnattr_setsigdefault(&attributes, &pipe)
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))
    let variables = environment ?? ProcessInfo.processInfo.environment
    var arguments = words.map { strdup($0) } + [nil]
    var entries = variables.map { strdup("\($0.key)=\($0.value)") } + [nil]
    defer { (arguments + entries).forEach { free($0) } }
    var pid: pid_t = 0
    let failure = posix_spawnp(&pid, words[0], &actions, &attributes, &arguments, &entries)
    guard failure == 0 else {
      throw ProgramRun.Failure(
        description: "\(words[0]) could not be started: \(String(cString: strerror(failure)))")
    }
    return pid
  }
}
