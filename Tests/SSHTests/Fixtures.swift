import Foundation
import TestSupport
import Testing

@testable import SSH

/// Everything that opens sockets lives here, one after another: sockets and threads are counted.
@Suite(.serialized, .timeLimit(.minutes(5)))
enum OverTheNetwork {}

struct CommandFailed: Error, CustomStringConvertible { let description: String }

/// Runs a program to its end and answers with its output.
@discardableResult
func run(_ words: String...) throws -> String {
  try ProgramRun.output(of: words)
}

extension TemporaryFolder {
  /// Makes a key pair and answers with the path of the private half.
  func makeKey(
    _ name: String, type: String = "ed25519", passphrase: String = "", options: String...
  ) throws -> String {
    let file = "\(path)/\(name)"
    let words = [
      "ssh-keygen", "-q", "-t", type, "-N", passphrase, "-C", "test \(name)", "-f", file,
    ]
    try ProgramRun.output(of: words + options)
    return file
  }

  /// The start of a command that sees a /etc/shadow of its own, with this password for root.
  func privateShadow(_ password: String) throws -> [String] {
    let hash = try run("openssl", "passwd", "-6", password)
      .trimmingCharacters(in: .whitespacesAndNewlines)
    let shadow = try write("root:\(hash):20000:0:99999:7:::\n", to: "shadow")
    let script = "mount --bind '\(shadow)' /etc/shadow && exec \"$@\""
    return ["unshare", "--mount", "sh", "-c", script, "sh"]
  }

  /// The type and the Base64 of a public key.
  func publicKey(_ file: String) throws -> String {
    let words = try String(contentsOfFile: file + ".pub", encoding: .utf8).split(separator: " ")
    return words.prefix(2).joined(separator: " ")
  }
}

func openSockets() throws -> Int {
  let manager = FileManager.default
  return try manager.contentsOfDirectory(atPath: "/proc/self/fd").count { name in
    var target = [CChar](repeating: 0, count: 256)
    let size = readlink("/proc/self/fd/\(name)", &target, target.count - 1)
    return size > 0 && target.starts(with: "socket:".utf8.map(CChar.init(bitPattern:)))
  }
}

func threads() throws -> Int {
  try FileManager.default.contentsOfDirectory(atPath: "/proc/self/task").count
}

/// What an operation that must fail failed with.
func failure<Value>(
  _ operation: () async throws(SSHError) -> Value, at location: SourceLocation = #_sourceLocation
) async throws -> SSHError {
  do {
    _ = try await operation()
  } catch {
    return error
  }
  throw CommandFailed(description: "nothing failed at \(location)")
}
