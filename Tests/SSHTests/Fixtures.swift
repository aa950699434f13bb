import Foundation
import Testing

@testable import SSH

/// Everything that opens sockets lives here, one after another: sockets and threads are counted.
@Suite(.serialized, .timeLimit(.minutes(5)))
enum OverTheNetwork {}

struct CommandFailed: Error, CustomStringConvertible { let description: String }

/// Starts a program with nothing on standard input and both outputs in a file.
func spawn(_ words: [String], output: String) throws -> pid_t {
  var actions = posix_spawn_file_actions_t()
  posix_spawn_file_actions_init(&actions)
  defer { posix_spawn_file_actions_destroy(&actions) }
  posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
  posix_spawn_file_actions_addopen(&actions, 1, output, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
  posix_spawn_file_actions_adddup2(&actions, 1, 2)
  // The threads of a test block signals, and an agent that inherits that cannot be ended.
  var attributes = posix_spawnattr_t()
  posix_spawnattr_init(&attributes)
  defer { posix_spawnattr_destroy(&attributes) }
  var none = sigset_t()
  sigemptyset(&none)
  posix_spawnattr_setsigmask(&attributes, &none)
  // A client ignores broken pipes, and a server that inherits that would serve on for nobody.
  var pipe = sigset_t()
  sigemptyset(&pipe)
  sigaddset(&pipe, SIGPIPE)
  posix_spawnattr_setsigdefault(&attributes, &pipe)
  posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))
  var arguments = words.map { strdup($0) } + [nil]
  defer { for argument in arguments { free(argument) } }
  var pid: pid_t = 0
  guard posix_spawnp(&pid, words[0], &actions, &attributes, &arguments, environ) == 0 else {
    throw CommandFailed(description: "\(words) cannot be started")
  }
  return pid
}

/// Runs a program to its end and answers with its output.
@discardableResult
func run(_ words: String...) throws -> String {
  let output = FileManager.default.temporaryDirectory.path + "/ssh-tests-\(UUID().uuidString)"
  let pid = try spawn(words, output: output)
  defer { unlink(output) }
  var status: Int32 = 0
  while waitpid(pid, &status, 0) == -1 && errno == EINTR {}
  let text = try String(contentsOfFile: output, encoding: .utf8)
  guard status == 0 else {
    throw CommandFailed(description: "\(words) ended with \(status): \(text)")
  }
  return text
}

/// A folder that goes away with its owner.
final class TemporaryFolder: Sendable {
  let path: String

  init() throws {
    path = FileManager.default.temporaryDirectory.path + "/ssh-tests-\(UUID().uuidString.prefix(8))"
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit {
    do {
      try FileManager.default.removeItem(atPath: path)
    } catch {
      Issue.record("\(path) is left over: \(error)")
    }
  }

  func write(_ text: String, to name: String) throws -> String {
    let file = "\(path)/\(name)"
    try text.write(toFile: file, atomically: true, encoding: .utf8)
    return file
  }

  /// Makes a key pair and answers with the path of the private half.
  func makeKey(
    _ name: String, type: String = "ed25519", passphrase: String = "", options: String...
  ) throws -> String {
    let file = "\(path)/\(name)"
    let words = [
      "ssh-keygen", "-q", "-t", type, "-N", passphrase, "-C", "test \(name)", "-f", file,
    ]
    let pid = try spawn(words + options, output: "\(path)/ssh-keygen.log")
    var status: Int32 = 0
    while waitpid(pid, &status, 0) == -1 && errno == EINTR {}
    guard status == 0 else { throw CommandFailed(description: "\(words): \(status)") }
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

/// Waits for a condition that must come true; gives up after a long time.
func eventually(_ what: Comment, _ condition: () async throws -> Bool) async throws {
  let end = ContinuousClock.now + .seconds(30)
  while try await !condition() {
    guard ContinuousClock.now < end else {
      Issue.record(what)
      return
    }
    try await Task.sleep(for: .milliseconds(5))
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
