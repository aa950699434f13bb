import Foundation
import TestSupport

/// Runs programs and collects what they say.
struct Command {
  struct Failure: Error, CustomStringConvertible {
    let description: String
  }

  let status: Int32
  /// Standard output and error together.
  let output: String

  init(_ words: String...) throws {
    let run = try ProgramRun(words)
    (status, output) = (run.status, run.output)
  }

  /// The output of a shell script that must succeed.
  static func script(_ text: String) throws -> String {
    let command = try Command("sh", "-euc", text)
    guard command.status == 0 else {
      throw Failure(description: "exit \(command.status): \(command.output)")
    }
    return command.output
  }

  /// Whether nginx can be run in a network of its own.
  static let canRunNginx =
    getuid() == 0 && ProgramRun.exists("nginx", "openssl", "curl", "unshare", "ip")
}
