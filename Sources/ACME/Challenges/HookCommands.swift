import Diagnostics
import Subprocess

/// Runs the commands that change DNS records, each in a new session, with a deadline: Ctrl-C on the terminal
/// does not reach it, and a command that asks for a password finds no terminal.
struct HookCommands: Sendable {
  /// Why a command did not do its work.
  struct Failure: Error, Hashable, CustomStringConvertible { let description: String }

  /// Bytes of output that are kept for the message of a failure: its end says what went wrong.
  private static let mostBytes = 4096
  private static let mostLines = 5

  private let clock: any ACMEClock
  private let seconds: Int64

  /// - Parameter seconds: how long a command may take.
  init(clock: any ACMEClock, withinSeconds seconds: Int64) {
    self.clock = clock
    self.seconds = seconds
  }

  /// Runs a command until it has ended, with all that it started.
  ///
  /// - Parameter environment: all of its environment.
  func run(_ words: [String], environment: [Environment.Key: String]) async throws {
    try Task.checkCancellation()
    let name = "the command \"\(words.map { HostText($0).text }.joined(separator: " "))\""
    let ending = try await withThrowingTaskGroup(of: String?.self) { group in
      group.addTask { try await self.ending(of: words, environment) }
      group.addTask { [clock, seconds] in
        try await clock.wait(seconds: seconds)
        return "took more than \(seconds) s and was terminated"
      }
      // Leaving the group cancels the other task and waits for it.
      defer { group.cancelAll() }
      return try await group.next() ?? nil
    }
    try Task.checkCancellation()
    if let ending { throw Failure(description: "\(name) \(ending)") }
  }

  /// Returns how a command failed; nil if it succeeded.
  private func ending(
    of words: [String], _ environment: [Environment.Key: String]
  ) async throws -> String? {
    var options = PlatformOptions()
    options.createSession = true
    options.teardownSequence = [
      .gracefulShutDown(toProcessGroup: true, allowedDurationToNextStep: .seconds(2))
    ]
    // The shell finds the program as it does for the user: in PATH or by a relative path.
    let result = try await Subprocess.run(
      .name("sh"), arguments: Arguments(["-c", "exec \"$@\"", "sh"] + words),
      environment: .custom(environment), platformOptions: options,
      input: .none, output: .sequence, error: .combinedWithOutput
    ) { execution in
      var end: [UInt8] = []
      for try await buffer in execution.standardOutput {
        buffer.withUnsafeBytes { end.append(contentsOf: $0.suffix(Self.mostBytes)) }
        if end.count > Self.mostBytes { end.removeFirst(end.count - Self.mostBytes) }
      }
      return end
    }
    let lines = HostText.lines(of: result.closureResult, most: Self.mostBytes)
      .suffix(Self.mostLines)
    let output = lines.isEmpty ? "" : ": \(lines.map(\.text).joined(separator: "; "))"
    switch result.terminationStatus {
    case .exited(0): return nil
    case .exited(let status): return "exited with status \(status)\(output)"
    case .signaled(let number): return "was terminated by signal \(number)\(output)"
    }
  }
}
