import Subprocess
import SystemPackage

/// A program that prints a secret, which the inventory or the environment names.
struct SecretCommand {
  /// A line is wanted: more than this is another program's output.
  static let mostBytes = 1 << 16

  let words: [String]
  /// What is to be printed, for messages.
  let secret: String

  /// Runs it and takes what it prints. It has the terminal of this program, since it may ask a person.
  func output() async throws -> [UInt8] {
    let name = words.joined(separator: " ")
    var options = PlatformOptions()
    options.teardownSequence = [.gracefulShutDown(allowedDurationToNextStep: .seconds(2))]
    let result: ExecutionResult<Void, BytesOutput, FileDescriptorOutput>
    do {
      result = try await Subprocess.run(
        .path("/usr/bin/env"), arguments: Arguments(["--"] + words), platformOptions: options,
        input: .currentStandardInput, output: .bytes(limit: Self.mostBytes),
        error: .currentStandardError)
    } catch let error as SubprocessError where error.code == .outputLimitExceeded {
      throw Failure(
        .failed,
        "\(name) should print the \(secret) and printed more than \(Self.mostBytes) bytes")
    } catch {
      throw Task.isCancelled
        ? Failure(.interrupted) : Failure(.failed, "\(name) cannot be run: \(error)")
    }
    guard !Task.isCancelled else { throw Failure(.interrupted) }
    switch result.terminationStatus {
    case .exited(0): return result.standardOutput
    case .exited(let status):
      throw Failure(.failed, "\(name) should print the \(secret) and ended with status \(status)")
    case .signaled(let number):
      throw Failure(
        .failed, "\(name) should print the \(secret) and was ended by signal \(number)")
    }
  }
}
