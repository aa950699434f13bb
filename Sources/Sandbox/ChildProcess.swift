internal import Files
internal import FoundationEssentials
internal import Glibc
internal import Synchronization
internal import SystemPackage

/// A started program; a separate thread waits for its end.
///
/// swift-subprocess gives a program no descriptors but the first three, and drops what its children write after its
/// end: the box reads its scripts from 3 and 4, and what a command left behind is waited for.
final class ChildProcess: Sendable {
  let pid: pid_t
  private let hasEnded = Mutex(false)

  private init(pid: pid_t) { self.pid = pid }

  /// Starts a program with the given descriptors under the given numbers, and no others except those that
  /// this process lets every program inherit.
  static func start(
    _ words: [String], environment: [String: String], descriptors: [Int32: SharedDescriptor]
  ) throws(SandboxError) -> ChildProcess {
    var actions = posix_spawn_file_actions_t()
    var attributes = posix_spawnattr_t()
    posix_spawn_file_actions_init(&actions)
    posix_spawnattr_init(&attributes)
    defer {
      posix_spawn_file_actions_destroy(&actions)
      posix_spawnattr_destroy(&attributes)
    }
    for (number, descriptor) in descriptors.sorted(by: { $0.key < $1.key }) {
      posix_spawn_file_actions_adddup2(&actions, descriptor.number, number)
    }
    var none = sigset_t()
    sigemptyset(&none)
    var defaults = sigset_t()
    sigemptyset(&defaults)
    sigaddset(&defaults, SIGPIPE)
    posix_spawnattr_setsigmask(&attributes, &none)
    posix_spawnattr_setsigdefault(&attributes, &defaults)
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))

    var arguments = words.map { strdup($0) } + [nil]
    var variables = environment.map { strdup("\($0.key)=\($0.value)") } + [nil]
    defer { (arguments + variables).forEach { free($0) } }
    var pid: pid_t = 0
    let result = posix_spawn(&pid, words[0], &actions, &attributes, &arguments, &variables)
    guard result == 0 else { throw .systemCall("starting \(words[0])", Errno(rawValue: result)) }
    return ChildProcess(pid: pid)
  }

  /// Starts a program with pipes for its input and both outputs.
  static func start(
    _ words: [String], environment: [String: String], input: [UInt8]
  ) throws(SandboxError) -> (ChildProcess, Exchange) {
    let (stdin, stdout, stderr) = try SandboxError.naming("pipe") { () throws(Errno) in
      (try AnonymousPipe(), try AnonymousPipe(), try AnonymousPipe())
    }
    let child = try start(
      words, environment: environment,
      descriptors: [0: stdin.reading, 1: stdout.writing, 2: stderr.writing])
    return (
      child,
      Exchange(
        input: stdin.writing, sending: input, collecting: [stdout.reading, stderr.reading])
    )
  }

  /// Blocks until the program has ended; to be called once.
  ///
  /// - Returns: its exit status, or 128 and the number of the signal that ended it.
  func waitForEnd() -> Int32 {
    var information = siginfo_t()
    while waitid(P_PID, id_t(pid), &information, WEXITED | WNOWAIT) != 0, errno == EINTR {}
    var status: Int32 = 0
    // From here on another process may get the number: it must no longer be signalled.
    hasEnded.withLock { ended in
      while waitpid(pid, &status, 0) < 0, errno == EINTR {}
      ended = true
    }
    let signal = status & 0x7F
    return signal == 0 ? status >> 8 & 0xFF : 128 + signal
  }

  /// Signals the program that this one started and waits for, as `nsenter` does.
  ///
  /// - Returns: false if there is no such program yet.
  func signalChild(_ signal: Int32) -> Bool {
    hasEnded.withLock { ended in
      if ended { return true }
      guard let child = Self.child(of: pid) else { return false }
      let isSent = kill(child, signal) == 0
      // nsenter stops itself with its program, and does not see that it continues.
      if signal == SIGCONT { kill(pid, signal) }
      return isSent
    }
  }

  /// The parent is the fourth field of `/proc/PID/stat`, after a name in brackets (proc(5)).
  private static func child(of parent: pid_t) -> pid_t? {
    guard let names = try? FileManager.default.contentsOfDirectory(atPath: "/proc") else {
      return nil
    }
    return names.lazy.compactMap { pid_t($0) }.first { pid in
      // A process that ended after the listing is not the child.
      guard let text = try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8),
        let bracket = text.lastIndex(of: ")")
      else { return false }
      let fields = text[bracket...].split(separator: " ")
      return fields.count > 2 && pid_t(fields[2]) == parent
    }
  }
}
