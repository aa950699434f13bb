import CAStore
import Foundation

/// A program that prints a secret, which the inventory or the environment names.
struct SecretCommand {
  /// A line is wanted: more than this is another program's output.
  static let mostBytes = 1 << 16

  let words: [String]
  /// What is to be printed, for messages.
  let secret: String

  /// Runs it and takes what it prints.
  func output() throws -> [UInt8] {
    let (process, output) = (Process(), Pipe())
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = ["--"] + words
    process.standardOutput = output
    let name = words.joined(separator: " ")
    do {
      try process.run()
    } catch {
      throw Failure(.failed, "\(name) cannot be run: \(error.reason)")
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
        "\(name) should print the \(secret) and printed more than \(Self.mostBytes) bytes")
    }
    process.waitUntilExit()
    guard process.terminationStatus == 0 else {
      throw Failure(
        .failed,
        "\(name) should print the \(secret) and ended with status \(process.terminationStatus)")
    }
    return bytes
  }
}
