internal import Files
internal import Glibc
internal import Logging

/// A connection by the system's `ssh`: one master connection, and a client of it for each
/// command. It is for what libssh2 cannot do: hardware keys, certificates, GSSAPI, ProxyCommand.
///
/// It never asks the user. Releasing it closes the connection.
package actor OpenSSHConnection {
  package nonisolated let destination: Destination
  /// The client's configuration file: nil for the usual ones, "none" for none.
  private nonisolated let configuration: String?
  private nonisolated let client: SSHClient
  private nonisolated let deadlines: Deadlines
  private nonisolated let folder: PrivateFolder
  private var master: LocalProcess?

  package nonisolated var unownedExecutor: UnownedSerialExecutor {
    client.loop.asUnownedSerialExecutor()
  }

  /// Connects and logs in.
  package static func connect(
    to destination: Destination, configuration: String?, client: SSHClient,
    deadlines: Deadlines = Deadlines()
  ) async throws(SSHError) -> OpenSSHConnection {
    let connection = try OpenSSHConnection(destination, configuration, client, deadlines)
    try await connection.establish()
    return connection
  }

  private init(
    _ destination: Destination, _ configuration: String?, _ client: SSHClient,
    _ deadlines: Deadlines
  ) throws(SSHError) {
    self.destination = destination
    self.configuration = configuration
    self.client = client
    self.deadlines = deadlines
    do {
      folder = try PrivateFolder.make("ssh")
    } catch {
      throw SSHError(
        .resourceMissing, subject: destination.subject, activity: "starting ssh",
        detail: "\(error)")
    }
  }

  deinit { folder.remove(with: Self.files) }

  private static let files = ["master", "config"]
  private nonisolated var socket: String { "\(folder.path)/\(Self.files[0])" }
  private nonisolated var hopsFile: String { "\(folder.path)/\(Self.files[1])" }

  private func establish() async throws(SSHError) {
    let activity = "connecting with ssh"
    log("connecting to \(destination.subject) as \(destination.user) with the system's ssh")
    let deadline = Deadline(
      after: deadlines.connect + deadlines.handshake + deadlines.authentication)
    try writeHops(activity)
    let master = try run(masterWords, activity)
    self.master = master
    let said = try await translating(activity) { () async throws(LocalProcess.Problem) in
      await master.closeInput()
      return try await master.read(until: deadline)
    }
    guard said == nil else {
      client.counters.countConnection()
      client.counters.countLogin()
      log("logged in")
      return
    }
    let exit = try await translating(activity) { () async throws(LocalProcess.Problem) in
      try await master.exit(until: deadline)
    }
    let refusal = refusal(await master.errorText, exit, activity)
    log("failed: \(refusal.detail)")
    throw refusal
  }

  private nonisolated func log(_ message: @autoclosure () -> Logger.Message) {
    client.log.debug(message(), metadata: ["host": "\(destination.label)"])
  }

  /// Starts a command through the user's login shell on the host.
  package func start(_ command: String) async throws(SSHError) -> OpenSSHProcess {
    let process = try run(clientWords + ["--", destination.address, command], "starting a command")
    client.counters.countExecution()
    return OpenSSHProcess(process, of: self)
  }

  /// Lets the host connect with TCP to an address; the end of the process is the end of the stream.
  package func open(to address: String, port: UInt16) async throws(SSHError) -> OpenSSHProcess {
    let target = address.contains(":") ? "[\(address)]:\(port)" : "\(address):\(port)"
    let process = try run(
      clientWords + ["-W", target, "--", destination.address],
      Target(address: address, port: port).activity)
    client.counters.countStream()
    return OpenSSHProcess(process, of: self)
  }

  /// Closes the connection and ends the master; tasks that still wait fail. May be called again.
  package func close() async {
    await master?.terminate()
    master = nil
    folder.remove(with: Self.files)
  }

  private func run(_ words: [String], _ activity: String) throws(SSHError) -> LocalProcess {
    do {
      return try LocalProcess(words, on: client.loop)
    } catch {
      throw SSHError(
        .resourceMissing, subject: destination.subject, activity: activity,
        detail: "could not start ssh: \(error); install OpenSSH's client")
    }
  }

  private func writeHops(_ activity: String) throws(SSHError) {
    guard !destination.jumps.isEmpty else { return }
    let text = OpenSSHConfiguration(jumps: destination.jumps, file: configuration).text
    do {
      try FileWriter.create(hopsFile, contents: Array(text.utf8), for: .ownerAlone)
    } catch {
      throw SSHError(
        .resourceMissing, subject: destination.subject, activity: activity,
        detail: "\(error)")
    }
  }

  /// LocalCommand runs when the user is logged in and the socket listens.
  private nonisolated var masterWords: [String] {
    var words = ["ssh", "-M", "-N", "-T", "-S", socket]
    if let file = destination.jumps.isEmpty ? configuration : hopsFile { words += ["-F", file] }
    var options = [
      "BatchMode=yes", "HostName=\(destination.address)", "Port=\(destination.port)",
      "User=\(destination.user)", "PermitLocalCommand=yes", "LocalCommand=echo ready",
      "ServerAliveInterval=5", "ServerAliveCountMax=3", "ForwardAgent=no",
      "ConnectTimeout=\(max(1, Int(deadlines.connect / .seconds(1))))",
    ]
    if case .files(let paths) = destination.identities {
      options += paths.map { "IdentityFile=\($0)" }
    }
    options += hostKeyOptions
    words += options.flatMap { ["-o", $0] }
    if !destination.jumps.isEmpty {
      words += ["-J", destination.jumps.map(\.configuredName).joined(separator: ",")]
    }
    return words + ["--", destination.configuredName]
  }

  private nonisolated var hostKeyOptions: [String] {
    guard destination.hostKeys.isEmpty else {
      // The words are not passed to a shell, and the command runs for this connection only.
      let lines = destination.hostKeys.map { "\(destination.knownName.full) \($0)" }
      return [
        "UserKnownHostsFile=/dev/null", "GlobalKnownHostsFile=/dev/null",
        "StrictHostKeyChecking=yes", "HostKeyAlias=\(destination.knownName.full)",
        "KnownHostsCommand=/usr/bin/printf %%s\\\\n \(lines.map { "\"\($0)\"" }.joined(separator: " "))",
      ]
    }
    let policy = destination.hostKeyPolicy == .strict ? "yes" : "accept-new"
    return [
      "StrictHostKeyChecking=\(policy)", "HostKeyAlias=\(destination.knownName.full)",
      "UserKnownHostsFile=\(destination.knownHosts.map { "\"\($0)\"" }.joined(separator: " "))",
    ]
  }

  /// A master that is gone must not be replaced by a connection of the client itself.
  private nonisolated var clientWords: [String] {
    ["ssh", "-F", "none", "-S", socket, "-T", "-o", "BatchMode=yes", "-o", "ProxyCommand=false"]
  }

  nonisolated func translating<Value: Sendable>(
    _ activity: String, _ body: () async throws(LocalProcess.Problem) -> Value
  ) async throws(SSHError) -> Value {
    do {
      return try await body()
    } catch {
      let (code, detail): (SSHError.Code, String) =
        switch error {
        case .system(let error): (.connectionLost, "\(error)")
        case .timedOut: (.timedOut, "no answer in time")
        case .cancelled: (.cancelled, "cancelled")
        case .inputRefused: (.inputRefused, "the command ended before it had read its input")
        }
      throw SSHError(code, subject: destination.subject, activity: activity, detail: detail)
    }
  }

  /// ssh(1) exits with 255 and explains why only in text.
  private func refusal(_ words: String, _ exit: Exit, _ activity: String) -> SSHError {
    let codes: [(String, SSHError.Code)] = [
      ("HOST IDENTIFICATION HAS CHANGED", .hostKeyChanged), ("marked as revoked", .hostKeyRevoked),
      ("Host key verification failed", .hostKeyUnknown),
      ("Permission denied", .authenticationFailed),
      ("Too many authentication failures", .authenticationFailed),
      ("no matching host key", .noSharedAlgorithm), ("Connection refused", .refused),
      ("timed out", .timedOut), ("No route to host", .unreachable),
      ("Could not resolve", .unreachable), ("Bad configuration option", .resourceMissing),
    ]
    let code = codes.first { words.contains($0.0) }?.1 ?? .handshakeFailed
    let detail = words.isEmpty ? "ssh ended (\(exit)) without a message" : "ssh reported: \(words)"
    return SSHError(code, subject: destination.subject, activity: activity, detail: detail)
  }
}

/// A command that runs on the host, or a stream through it, as a client of the master connection.
package final class OpenSSHProcess: Sendable {
  private let process: LocalProcess
  private let connection: OpenSSHConnection

  init(_ process: LocalProcess, of connection: OpenSSHConnection) {
    self.process = process
    self.connection = connection
  }

  /// Writes to standard input; returns when the process has taken all of it.
  package func write(_ bytes: [UInt8], within limit: Duration = .seconds(60))
    async throws(SSHError)
  {
    try await connection.translating("writing input") { () async throws(LocalProcess.Problem) in
      try await process.write(bytes, until: Deadline(after: limit))
    }
  }

  /// Ends standard input.
  package func closeInput() async { await process.closeInput() }

  /// Returns the next standard output, or nil at its end.
  package func read(within limit: Duration = .seconds(60)) async throws(SSHError) -> [UInt8]? {
    try await connection.translating("reading output") { () async throws(LocalProcess.Problem) in
      try await process.read(until: Deadline(after: limit))
    }
  }

  /// Waits for the end; unread output is lost.
  package func exitStatus(within limit: Duration = .seconds(60)) async throws(SSHError) -> Exit {
    let exit = try await connection.translating("waiting for the command to end") {
      () async throws(LocalProcess.Problem) in
      try await process.exit(until: Deadline(after: limit))
    }
    if exit == .code(255) {
      // ssh exits with this status if the connection is lost; a command may do so as well.
      let words = await process.errorText
      if words.contains("mux_client") || words.contains("Connection closed") {
        throw SSHError(
          .connectionLost, subject: connection.destination.subject, activity: "running a command",
          detail: "the connection was lost: \(words)")
      }
    }
    return exit
  }

  /// The last 64 KiB of standard error so far.
  package var standardError: [UInt8] {
    get async { await process.errorTail }
  }
}
