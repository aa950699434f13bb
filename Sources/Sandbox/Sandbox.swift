internal import Files
internal import FoundationEssentials
internal import Glibc
internal import SystemPackage

/// A throw-away fleet of real sshd, nginx and nftables hosts in namespaces on this machine.
///
/// Nothing in it is visible outside, nothing can leave it, and nothing of it remains: not after
/// `close`, not after a crash of this process.
package final class Sandbox: Sendable {
  private let box: Box
  let hosts: [SandboxHost]

  private init(box: Box, hosts: [SandboxHost]) {
    self.box = box
    self.hosts = hosts
  }

  /// Starts the fleet and waits until each host's nginx and sshd listen.
  ///
  /// Throws a `SandboxError` with the name of the host and the failed tool's own message.
  package static func open(
    hosts: [SandboxHost], controller: SandboxController = SandboxController(),
    within limit: Duration = .seconds(60)
  ) async throws -> Sandbox {
    guard geteuid() == 0 else { throw SandboxError.notRoot }
    for system in Set(hosts.map(\.system)) {
      if let blocker = system.blocker { throw SandboxError.systemUnavailable(blocker) }
    }
    let settings = try BoxSettings(
      hosts, controller, folder: FileManager.default.currentDirectoryPath,
      accountHome: accountHome())
    let box = try await onItsOwnThread { try Box.open(settings, within: limit) }
    let sandbox = Sandbox(box: box, hosts: hosts)
    do {
      try await sandbox.writePages()
    } catch {
      await sandbox.close()
      throw error
    }
    return sandbox
  }

  /// The home folder in which `ssh` looks, regardless of `HOME`.
  private static func accountHome() -> String {
    guard let account = getpwuid(geteuid()) else { return "/root" }
    return String(cString: account.pointee.pw_dir)
  }

  private func writePages() async throws {
    for host in hosts {
      for (path, text) in host.pages.sorted(by: { $0.key < $1.key }) {
        try await write(text, to: path, on: .host(host.name))
      }
    }
  }

  /// Starts a command, found in `PATH`, and does not wait for it.
  ///
  /// The controller's commands have this process's environment and current folder with the box's
  /// own `HOME`; a host's have a clean environment.
  package func spawn(
    _ arguments: [String], on place: SandboxPlace = .controller, input: String = "",
    environment: [String: String] = [:]
  ) throws -> SandboxCommand {
    let (child, exchange) = try ChildProcess.start(
      words(arguments, on: place), environment: variables(on: place, environment),
      input: Array(input.utf8))
    return SandboxCommand(child: child, exchange: exchange)
  }

  /// Runs a command and waits for its end; a status other than 0 is a result, not an error.
  package func run(
    _ arguments: [String], on place: SandboxPlace = .controller, input: String = "",
    environment: [String: String] = [:]
  ) async throws -> CommandOutput {
    try await spawn(arguments, on: place, input: input, environment: environment).wait()
  }

  /// Runs a command with this process's terminal or files as its own.
  ///
  /// Ctrl-C reaches only the command meanwhile; a request to end (`SIGTERM`, `SIGHUP`) is passed on.
  ///
  /// - Returns: its exit status, or 128 and the number of the signal that ended it.
  package func runInteractively(
    _ arguments: [String], on place: SandboxPlace = .controller,
    environment: [String: String] = [:]
  ) async throws -> Int32 {
    let terminal = Terminal()
    defer { terminal.restore() }
    let child = try ChildProcess.start(
      words(arguments, on: place), environment: variables(on: place, environment),
      descriptors: [:])
    terminal.forwardSignals(to: child)
    return try await onItsOwnThread { child.waitForEnd() }
  }

  /// Writes a text file, with the folders above it.
  package func write(_ text: String, to path: String, on place: SandboxPlace) async throws {
    let folder = "\(FilePath(path).removingLastComponent())"
    try await demand(["mkdir", "-p", "--", folder], on: place)
    try await demand(["dd", "status=none", "of=\(path)"], on: place, input: text)
  }

  /// Ends every process of the fleet; when it returns, nothing is left.
  package func close() async { await box.close() }

  /// Runs a command that must succeed.
  func demand(_ arguments: [String], on place: SandboxPlace, input: String = "")
    async throws
  {
    let output = try await run(
      arguments, on: place, input: input, environment: ["PATH": Box.path])
    guard output.status == 0 else {
      throw SandboxError.commandFailed(arguments, on: place, output)
    }
  }

  private func words(_ arguments: [String], on place: SandboxPlace) throws -> [String] {
    let folder = place == .controller ? FileManager.default.currentDirectoryPath : "/"
    return try box.entrance(to: place)
      + ["/usr/bin/env", "--default-signal", "--chdir=\(folder)"] + arguments
  }

  private func variables(on place: SandboxPlace, _ own: [String: String]) -> [String: String] {
    var variables: [String: String]
    switch place {
    case .controller:
      variables = ProcessInfo.processInfo.environment
      variables["HOME"] = Box.home
      // The keys of the user's own agent are of no use for these hosts.
      variables["SSH_AUTH_SOCK"] = nil
    case .host:
      variables = ["PATH": Box.path, "HOME": "/root", "LANG": "C.UTF-8"]
    }
    return variables.merging(own) { $1 }
  }
}
