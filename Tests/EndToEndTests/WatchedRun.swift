import Foundation
import Sandbox
import Testing

/// A run of the program whose progress can be followed, so that something happens at the right moment.
struct WatchedRun {
  let command: SandboxCommand
  let log: String

  var progress: String {
    get throws { try String(contentsOf: URL(filePath: log), encoding: .utf8) }
  }

  /// Waits, looking a bounded number of times, until the program has said something.
  func expect(_ words: String, sourceLocation: SourceLocation = #_sourceLocation) async throws {
    for _ in 0..<20_000 {
      if try progress.contains(words) { return }
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

/// Random numbers that a seed repeats: SplitMix64 (Steele, Lea and Flood, 2014).
struct SeededGenerator: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  /// With the seed of the environment, or one that is printed.
  static func announced() -> SeededGenerator {
    let given = ProcessInfo.processInfo.environment["DEPLOY_SEED"].flatMap(UInt64.init)
    let seed = given ?? .random(in: .min ... .max)
    print("DEPLOY_SEED=\(seed) repeats these moments")
    return SeededGenerator(seed: seed)
  }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var value = state
    value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
    value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
    return value ^ (value >> 31)
  }
}
