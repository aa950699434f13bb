internal import Files
internal import FoundationEssentials
internal import Glibc
internal import Synchronization
internal import SystemPackage

/// The mount, network and process namespaces in which the controller's commands and all hosts of
/// one ``Sandbox`` run; each host has further namespaces of its own. `Box.open` starts it.
///
/// All its processes end when its lifeline (a socket to its first process) is closed: by `close`,
/// or by the kernel when this process ends.
final class Box: Sendable {
  /// A tmpfs of the box is mounted over its parent folder; it exists on every Linux machine, and
  /// its outside content is not visible from inside.
  static let scratch = "/dev/shm/deploy-sandbox"
  static let home = scratch + "/home"
  static let path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

  private let lifeline: Mutex<SharedDescriptor?>
  private let end: Task<Int32, any Error>
  /// The process that is in the box's mount and network namespaces, but outside its process namespace.
  private let gatekeeper: Int
  private let hosts: Set<String>

  private init(child: ChildProcess, lifeline: SharedDescriptor, gatekeeper: Int, hosts: Set<String>)
  {
    self.lifeline = Mutex(lifeline)
    self.gatekeeper = gatekeeper
    self.hosts = hosts
    self.end = Task { try await onItsOwnThread { child.waitForEnd() } }
  }

  /// Blocks until every host has booted.
  static func open(_ settings: BoxSettings, within limit: Duration) throws -> Box {
    let deadline = ContinuousClock.now + limit
    let (lifeline, child, streams) = try start()
    var exchange = streams
    try SandboxError.naming("send") { () throws(Errno) in
      try lifeline.send(Array(settings.text.utf8))
    }
    let names = Set(settings.hosts.map(\.name))
    let inTime = try exchange.run(until: deadline) { collected in
      let answers = BoxAnswers(collected[0])
      return answers.failed != nil || answers.booted == names
    }
    let answers = BoxAnswers(exchange.collected[0])
    if inTime, answers.failed == nil, answers.booted == names, let box = answers.box {
      return Box(child: child, lifeline: lifeline, gatekeeper: box, hosts: names)
    }
    shutdown(lifeline.number, Int32(SHUT_WR))
    _ = try exchange.run()
    _ = child.waitForEnd()
    let words = String(decoding: exchange.collected[1], as: UTF8.self)
    if let host = answers.failed { throw SandboxError.hostFailed(host, words: words) }
    guard inTime else {
      throw SandboxError.timedOut(names.subtracting(answers.booted).sorted(), words: words)
    }
    throw SandboxError.boxFailed(words: words)
  }

  /// The far ends of the pipes are local to this function, so that their end is noticed.
  private static func start() throws(SandboxError)
    -> (lifeline: SharedDescriptor, child: ChildProcess, exchange: Exchange)
  {
    let (boxScript, bootScript) = try SandboxError.naming("making a file") { () throws(Errno) in
      (
        try SharedDescriptor.unnamedFile(holding: PackageResources.box_sh),
        try SharedDescriptor.unnamedFile(holding: PackageResources.boot_sh)
      )
    }
    let (ends, stdout, stderr) = try SandboxError.naming("pipe") { () throws(Errno) in
      (try Lifeline(), try AnonymousPipe(), try AnonymousPipe())
    }
    // In its own session, because Ctrl-C is meant for the command in the box.
    let child = try ChildProcess.start(
      ["/usr/bin/setsid", "sh", "/proc/self/fd/3", "guard", scratch],
      // No part of this process's environment, which may contain a passphrase, reaches a host.
      environment: ["PATH": path, "LANG": "C.UTF-8"],
      descriptors: [
        0: ends.box, 1: stdout.writing, 2: stderr.writing, 3: boxScript, 4: bootScript,
      ])
    return (
      ends.owner, child, Exchange(collecting: [stdout.reading, stderr.reading])
    )
  }

  /// The words that start a command in the box: `nsenter` with the namespaces as files.
  func entrance(to place: SandboxPlace) throws(SandboxError) -> [String] {
    guard lifeline.withLock({ $0 != nil }) else { throw .closed }
    let box = "/proc/\(gatekeeper)"
    switch place {
    case .controller:
      return ["/usr/bin/nsenter", "--mount=\(box)/ns/mnt", "--net=\(box)/ns/net"]
        + ["--pid=\(box)/ns/pid_for_children"]
    case .host(let name):
      let process = try firstProcess(of: name)
      // The number is valid in the box's own /proc, which is reached through its root.
      let folder = "\(box)/root/proc/\(process)/ns"
      return ["/usr/bin/nsenter"]
        + ["mount=mnt", "uts=uts", "ipc=ipc", "net=net", "pid=pid", "cgroup=cgroup"].map { pair in
          let names = pair.split(separator: "=")
          return "--\(names[0])=\(folder)/\(names[1])"
        }
    }
  }

  /// The process number of a host's first process in the box; it changes with each boot.
  private func firstProcess(of host: String) throws(SandboxError) -> Int {
    guard hosts.contains(host) else { throw .noSuchHost(host) }
    let path = "/proc/\(gatekeeper)/root\(Self.scratch)/hosts/\(host)/process"
    // A missing file and an empty file both mean that the host is between two boots.
    guard let text = try? String(contentsOfFile: path, encoding: .utf8),
      let number = Int(text.prefix { !$0.isNewline })
    else { throw .hostIsOff(host) }
    return number
  }

  /// Ends every process of the box and waits until the last is gone.
  func close() async {
    lifeline.withLock { $0 = nil }
    // Without a thread to wait for it, it ends all the same.
    _ = await end.result
  }
}

/// The script's answers on its standard output.
struct BoxAnswers {
  private(set) var box: Int?
  private(set) var booted: Set<String> = []
  private(set) var failed: String?

  init(_ bytes: [UInt8]) {
    for line in bytes.split(separator: UInt8(ascii: "\n")) {
      let words = String(decoding: line, as: UTF8.self).split(separator: " ").map(String.init)
      switch (words.first, words.count) {
      case ("box", 2): box = Int(words[1])
      case ("booted", 2): booted.insert(words[1])
      case ("failed", 2): failed = failed ?? words[1]
      default: break
      }
    }
  }
}
