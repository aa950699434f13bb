import Subprocess
import SystemPackage

/// A program that prints a secret, as the inventory or the environment names it.
struct SecretCommand {
  /// The most bytes of output: a secret is one line, and more is the output of another program.
  static let mostBytes = 1 << 16

  let words: [String]
  /// What the program prints, for messages.
  let secret: String

  /// Runs the program and returns its output. It has deploy's terminal, since it may ask a person.
  func output() async throws -> [UInt8] {
    let name = "the \(secret) command `\(words.joined(separator: " "))`"
    var options = PlatformOptions()
    options.teardownSequence = [.gracefulShutDown(allowedDurationToNextStep: .seconds(2))]
    let result: ExecutionResult<Void, BytesOutput, FileDescriptorOutput>
    do {
      result = try await Subprocess.run(
        .path("/usr/bin/env"), arguments: Arguments(["--"] + words), platformOptions: options,
        input: .currentStandardInput, output: .bytes(limit: Self.mostBytes),
        error: .currentStandardError)
    } catch let error as SubprocessError where error.code == .outputLimitExceeded {
      throw Failure(.failed, "\(name) printed more than \(Self.mostBytes) bytes")
    } catch {
      throw Task.isCancelled
        ? Failure(.interrupted) : Failure(.failed, "could not run \(name): \(error)")
    }
    guard !Task.isCancelled else { throw Failure(.interrupted) }
    switch result.terminationStatus {
    case .exited(0): return result.standardOutput
    case .exited(let status):
      throw Failure(.failed, "\(name) failed with exit status \(status)")
    case .signaled(let number):
      throw Failure(.failed, "\(name) was ended by signal \(number)")
    }
  }
}
