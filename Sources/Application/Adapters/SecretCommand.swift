import Processes

/// A program that prints a secret, as the inventory or the environment names it.
struct SecretCommand {
  /// The most bytes of output: a secret is one line, and more is the output of another program.
  static let mostBytes = 1 << 16

  let words: [String]
  /// What the program prints, for messages.
  let secret: String

  /// The program, for messages.
  private var name: String { "the \(secret) command `\(words.joined(separator: " "))`" }

  /// Runs the program and returns its output. It has deploy's terminal, since it may ask a person.
  func output() async throws -> [UInt8] {
    let (ending, output) = try await Failure.naming(name) {
      try await UserCommand(words, .terminal).run { try await $0.all(upTo: Self.mostBytes) }
    }
    guard let failure = ending.failure else { return output ?? [] }
    throw Failure(.failed, "\(name) \(failure)")
  }

  /// Runs a program that prints nothing of interest, but the end of it if the program fails.
  func run() async throws {
    let (ending, lastLines) = try await Failure.naming(name) {
      try await UserCommand(words, .terminal).run { try await $0.lastLines() }
    }
    guard let failure = ending.failure else { return }
    let output = lastLines.map { $0.isEmpty ? "" : ": \($0)" } ?? ""
    throw Failure(.failed, "\(name) \(failure)\(output)")
  }
}

extension Failure {
  /// Runs a command, and says which one could not be run or printed too much.
  ///
  /// - Throws: `interrupted` if the task is cancelled, however the command ended.
  fileprivate static func naming<Output>(
    _ name: String, _ run: () async throws -> (ending: CommandEnding, output: Output?)
  ) async throws -> (ending: CommandEnding, output: Output?) {
    let result: (ending: CommandEnding, output: Output?)
    do {
      result = try await run()
    } catch is OutputTooLong {
      throw Failure(.failed, "\(name) printed more than \(SecretCommand.mostBytes) bytes")
    } catch {
      throw Task.isCancelled
        ? Failure(.interrupted) : Failure(.failed, "could not run \(name): \(error)")
    }
    guard !Task.isCancelled else { throw Failure(.interrupted) }
    return result
  }
}
