import Foundation
import Sandbox
import TestSupport
import Testing

/// A run of the program whose progress can be followed, so that something happens at the right moment.
struct WatchedRun {
  let command: SandboxCommand
  let log: String

  var progress: String {
    get throws { try String(contentsOf: URL(filePath: log), encoding: .utf8) }
  }

  /// Waits, checking a limited number of times, until the program has printed some words often enough.
  func expect(
    _ words: String, times: Int = 1, sourceLocation: SourceLocation = #_sourceLocation
  ) async throws {
    for _ in 0..<120_000 {
      if try progress.ranges(of: words).count >= times { return }
      try await Task.sleep(for: .milliseconds(1))
    }
    let said = try progress
    Issue.record("never said: \(words)\n\(said)", sourceLocation: sourceLocation)
  }

  /// Ends the program as nothing can be caught, and waits for its end.
  @discardableResult
  func kill() async throws -> CommandOutput {
    try await command.signal(SIGKILL)
    return try await command.wait()
  }
}

extension WatchedRun {
  /// Kills the program when something has come about; false where it has come to a good end before.
  func isKilled(when hasCome: () throws -> Bool) async throws -> Bool {
    let end = End()
    async let output = end.told(by: command)
    while try !hasCome(), await !end.hasCome {
      try await Task.sleep(for: .milliseconds(1))
    }
    guard await end.hasCome else {
      try await command.signal(SIGKILL)
      return try await output.status != 0
    }
    let (said, ending) = (try progress, try await output)
    #expect(ending.status == 0, "\(said)\(ending.all)")
    return false
  }
}

/// Whether a program has ended.
private actor End {
  private(set) var hasCome = false

  func told(by command: SandboxCommand) async throws -> CommandOutput {
    let output = try await command.wait()
    hasCome = true
    return output
  }
}
