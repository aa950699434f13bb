import CAStore
import Foundation

/// A program that prints a secret, as the inventory or the environment names it.
struct SecretCommand {
  /// The most bytes of output: a secret is one line, and more is the output of another program.
  static let mostBytes = 1 << 16

  let words: [String]
  /// What the program prints, for messages.
  let secret: String

  /// Runs the program and returns its output.
  func output() throws -> [UInt8] {
    let (process, output) = (Process(), Pipe())
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = ["--"] + words
    process.standardOutput = output
    let name = words.joined(separator: " ")
    do {
      try process.run()
    } catch {
      throw Failure(.failed, "could not run \(name): \(error.reason)")
    }
    var bytes: [UInt8] = []
    while bytes.count <= Self.mostBytes,
      let more = try output.fileHandleForReading.read(upToCount: Self.mostBytes), !more.isEmpty
    {
      bytes += more
    }
    guard bytes.count <= Self.mostBytes else {
      process.terminate()
      throw Failure(
        .failed,
        "\(name), which should print the \(secret), printed more than \(Self.mostBytes) bytes")
    }
    process.waitUntilExit()
    guard process.terminationStatus == 0 else {
      throw Failure(
        .failed,
        "\(name), which should print the \(secret), exited with status \(process.terminationStatus)"
      )
    }
    return bytes
  }
}
