internal import CLinux
internal import Diagnostics
internal import Files
internal import Glibc
internal import SystemPackage

/// A program on the controller: bytes in, bytes out, an exit. Releasing it kills the program.
actor LocalProcess {
  enum Problem: Error {
    case system(Errno)
    case timedOut
    case cancelled
    /// The program no longer reads.
    case inputRefused
  }

  private static let errorLimit = 64 * 1024

  private nonisolated let loop: EventLoop
  private nonisolated let pid: pid_t
  private let ending: Descriptor
  private var input: SharedDescriptor?
  private let output: SharedDescriptor
  private let complaints: Complaints
  private let collecting: Task<Void, Never>
  private var exit: Exit?

  nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

  /// Starts a program that is found in PATH.
  ///
  /// - Parameter environment: what differs from the environment of this program.
  init(
    _ words: [String], environment: [String: String] = [:], on loop: EventLoop
  ) throws(Errno) {
    let input = try AnonymousPipe()
    let output = try AnonymousPipe()
    let errors = try AnonymousPipe()
    for end in [input.writing, output.reading, errors.reading] { end.doNotBlock() }
    pid = try Self.spawn(
      words, environment, [input.reading.number, output.writing.number, errors.writing.number])
    do throws(Errno) {
      ending = try Descriptor(adopting: deploy_linux_pidfd_open(pid))
    } catch {
      kill(pid, SIGKILL)
      waitpid(pid, nil, 0)
      throw error
    }
    self.loop = loop
    self.input = input.writing
    self.output = output.reading
    complaints = Complaints(errors.reading, on: loop, limit: Self.errorLimit)
    collecting = Task { [complaints] in await complaints.collect() }
  }

  deinit {
    // A waiting task keeps the loop alive, and the loop keeps the task.
    collecting.cancel()
    guard exit == nil else { return }
    // What is killed ends at once: this waits for no program to finish.
    kill(pid, SIGKILL)
    while waitpid(pid, nil, 0) == -1 && errno == EINTR {}
  }

  func write(_ bytes: [UInt8], until deadline: Deadline) async throws(Problem) {
    var rest = bytes[...]
    while !rest.isEmpty {
      guard let input else { throw .inputRefused }
      let count = rest.withUnsafeBytes { Glibc.write(input.number, $0.baseAddress, $0.count) }
      if count >= 0 {
        rest = rest.dropFirst(count)
        continue
      }
      let error = Errno.current
      if error.isDisconnection { throw .inputRefused }
      guard error.isTemporary else { throw .system(error) }
      try await wait(for: .writing, on: input.number, until: deadline)
    }
  }

  func closeInput() { input = nil }

  /// Returns the next standard output, or nil at its end.
  func read(until deadline: Deadline) async throws(Problem) -> [UInt8]? {
    while true {
      var chunk = [UInt8](repeating: 0, count: 64 * 1024)
      let count = Glibc.read(output.number, &chunk, chunk.count)
      if count >= 0 { return count == 0 ? nil : Array(chunk.prefix(count)) }
      let error = Errno.current
      guard error.isTemporary else { throw .system(error) }
      try await wait(for: .reading, on: output.number, until: deadline)
    }
  }

  /// Waits for the end; unread output is lost.
  func exit(until deadline: Deadline) async throws(Problem) -> Exit {
    while true {
      if let exit { return exit }
      var status: Int32 = 0
      if waitpid(pid, &status, WNOHANG) == pid {
        // The macros WIFSIGNALED and WEXITSTATUS of wait(2).
        let signal = status & 0x7f
        let exit = signal == 0 ? Exit.code(Int(status >> 8 & 0xff)) : .signal("\(signal)")
        self.exit = exit
        await complaints.finish(until: deadline)
        return exit
      }
      try await wait(for: .reading, on: ending.number, until: deadline)
    }
  }

  /// The last 64 KiB of standard error so far.
  var errorTail: [UInt8] { complaints.tail }

  /// As text, for messages.
  var errorText: String {
    HostText.lines(of: errorTail).map(\.text).joined(separator: "\n")
  }

  func terminate() { if exit == nil { kill(pid, SIGTERM) } }

  private func wait(
    for interest: Interest, on descriptor: Int32, until deadline: Deadline
  ) async throws(Problem) {
    switch await loop.wait(for: interest, on: descriptor, until: deadline) {
    case .ready: return
    case .timedOut: throw .timedOut
    case .cancelled: throw .cancelled
    }
  }

  private static func spawn(
    _ words: [String], _ changes: [String: String], _ streams: [Int32]
  ) throws(Errno) -> pid_t {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    for (target, stream) in streams.enumerated() {
      posix_spawn_file_actions_adddup2(&actions, stream, Int32(target))
    }
    // In its own session: no terminal to ask on, and no Ctrl-C meant for deploy.
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    posix_spawnattr_setflags(
      &attributes, Int16(DEPLOY_LINUX_SPAWN_IN_SESSION) | Int16(POSIX_SPAWN_SETSIGDEF))
    var signals = sigset_t()
    sigemptyset(&signals)
    for number in [SIGPIPE, SIGINT, SIGTERM, SIGHUP] { sigaddset(&signals, number) }
    posix_spawnattr_setsigdefault(&attributes, &signals)

    var environment = Self.environment.filter { entry in
      !changes.keys.contains { entry.hasPrefix($0 + "=") }
    }
    environment += changes.map { "\($0)=\($1)" }
    var arguments = words.map { strdup($0) } + [nil]
    var variables = environment.map { strdup($0) } + [nil]
    defer { for text in arguments + variables { free(text) } }
    var pid: pid_t = 0
    let failure = posix_spawnp(&pid, words[0], &actions, &attributes, &arguments, &variables)
    guard failure == 0 else { throw Errno(rawValue: failure) }
    return pid
  }

  private static var environment: [String] {
    var entries: [String] = []
    var next = environ
    while let text = next.pointee {
      entries.append(String(cString: text))
      next += 1
    }
    return entries
  }
}

/// The standard error of a program, read whichever stream is waited for.
private final class Complaints: Sendable {
  private let source: SharedDescriptor
  private let loop: EventLoop
  private let limit: Int
  private let key: WaitKey
  private let collected = LockedValue<(bytes: [UInt8], isEnded: Bool)>(([], false))

  init(_ source: SharedDescriptor, on loop: EventLoop, limit: Int) {
    self.source = source
    self.loop = loop
    self.limit = limit
    key = loop.issueKey()
  }

  var tail: [UInt8] { collected.withLock { $0.bytes } }

  func collect() async {
    var chunk = [UInt8](repeating: 0, count: 16 * 1024)
    while true {
      let count = Glibc.read(source.number, &chunk, chunk.count)
      if count > 0 {
        collected.withLock {
          $0.bytes += chunk.prefix(count)
          $0.bytes.removeFirst(max(0, $0.bytes.count - limit))
        }
      } else if count < 0 && Errno.current.isTemporary {
        let wakeup = await loop.wait(
          for: .reading, on: source.number, until: Deadline(after: .seconds(3600)))
        if wakeup == .cancelled { break }
      } else {
        break
      }
    }
    collected.withLock { $0.isEnded = true }
    loop.wake(key)
  }

  /// A program that has ended writes nothing more, unless a child of it still holds the pipe.
  func finish(until deadline: Deadline) async {
    while !collected.withLock({ $0.isEnded }) {
      guard
        await loop.wait(for: .reading, on: key, until: Deadline(after: .milliseconds(200)))
          == .ready
      else { return }
    }
  }
}
