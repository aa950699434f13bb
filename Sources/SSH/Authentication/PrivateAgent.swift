internal import Files
internal import FoundationEssentials
internal import Glibc

/// An ssh-agent(1) that `deploy` starts for keys that libssh2 cannot read or sign with.
///
/// RSA keys need SHA-2 signatures, which libssh2 makes since 1.11; encrypted keys would cost their
/// bcrypt rounds for each host. OpenSSH's own programs read every format that they write. The agent
/// ends with `deploy`, also if that is killed: the shell around it ends with its standard input.
final class PrivateAgent: Sendable {
  struct Problem: Error { let detail: String }

  private static let patience = Duration.seconds(10)
  /// The SSH_ASKPASS program: it reads one line from ssh-add(1)'s standard input, so that the passphrase
  /// is in no argument, no environment and no file.
  private static let askPass = """
    #!/bin/sh
    IFS= read -r line
    printf '%s\\n' "$line"

    """

  private static let files = ["askpass", "agent"]

  private let folder: PrivateFolder
  private let lifeline: LocalProcess
  private let agentPid: pid_t
  private let loop: EventLoop

  private init(
    folder: PrivateFolder, lifeline: LocalProcess, agentPid: pid_t, loop: EventLoop
  ) {
    self.folder = folder
    self.lifeline = lifeline
    self.agentPid = agentPid
    self.loop = loop
  }

  deinit {
    kill(agentPid, SIGTERM)
    folder.remove(with: Self.files)
  }

  var agent: Agent { Agent(path: "\(folder.path)/agent", loop: loop) }

  static func start(on loop: EventLoop) async throws(Problem) -> PrivateAgent {
    let folder = try makeFolder()
    do throws(Problem) {
      let deadline = Deadline(after: patience)
      // It prints as soon as the agent listens, and then lives as long as its input.
      let lifeline = try run(
        ["ssh-agent", "-a", "\(folder.path)/agent", "sh", "-c", "echo $SSH_AGENT_PID; exec cat"],
        on: loop)
      let line: [UInt8]?
      do {
        line = try await lifeline.read(until: deadline)
      } catch {
        throw Problem(detail: "ssh-agent did not start: \(error)")
      }
      let digits = String(decoding: line ?? [], as: UTF8.self).prefix { $0.isNumber }
      guard let pid = pid_t(digits) else {
        throw Problem(detail: "ssh-agent did not start: \(await lifeline.errorText)")
      }
      return PrivateAgent(folder: folder, lifeline: lifeline, agentPid: pid, loop: loop)
    } catch {
      folder.remove(with: Self.files)
      throw error
    }
  }

  /// Loads a key file; one that is encrypted needs its passphrase.
  func load(_ file: PrivateKeyFile, passphrase: [UInt8]?) async throws(Problem) -> Agent.Key {
    let deadline = Deadline(after: Self.patience)
    let process = try Self.run(
      ["ssh-add", "-q", "--", file.path],
      environment: [
        "SSH_AUTH_SOCK": "\(folder.path)/agent", "SSH_ASKPASS": "\(folder.path)/askpass",
        // OpenSSH before 8.4 uses SSH_ASKPASS only if there is a display and no terminal.
        "SSH_ASKPASS_REQUIRE": "force", "DISPLAY": "none",
      ], on: loop)
    let words: String
    do {
      // It asks again after a wrong passphrase, and gives up at an empty one.
      let newline = UInt8(ascii: "\n")
      try? await process.write((passphrase ?? []) + [newline, newline], until: deadline)
      await process.closeInput()
      guard try await process.exit(until: deadline) != .code(0) else {
        return try await key(of: file, until: deadline)
      }
      words = await process.errorText
    } catch let problem as Problem {
      throw problem
    } catch {
      throw Problem(detail: "ssh-add did not finish: \(error)")
    }
    if file.isEncrypted && passphrase != nil && !words.contains("UNPROTECTED") {
      throw Problem(detail: "the passphrase is wrong")
    }
    throw Problem(detail: "ssh-add could not load it: \(words)")
  }

  private func key(
    of file: PrivateKeyFile, until deadline: Deadline
  ) async throws(Problem) -> Agent.Key {
    let keys: [Agent.Key]
    do {
      keys = try await agent.keys(until: deadline)
    } catch {
      throw Problem(detail: error.detail)
    }
    // Files that do not show their public half have no comment either, and get their path as one.
    let key = keys.first {
      file.publicKey.map { [blob = $0.blob] in $0 == blob } ?? ($0.comment == file.path)
    }
    guard let key else { throw Problem(detail: "ssh-add loaded another key than this one") }
    return key
  }

  private static func run(
    _ words: [String], environment: [String: String] = [:], on loop: EventLoop
  ) throws(Problem) -> LocalProcess {
    do {
      return try LocalProcess(words, environment: environment, on: loop)
    } catch {
      throw Problem(
        detail: "it needs \(words[0]), which cannot be started: \(error); install OpenSSH's client")
    }
  }

  private static func makeFolder() throws(Problem) -> PrivateFolder {
    let folder: PrivateFolder
    do { folder = try PrivateFolder.make("agent") } catch { throw Problem(detail: "\(error)") }
    do {
      try FileWriter.create(
        "\(folder.path)/askpass", contents: Array(askPass.utf8), for: .program)
    } catch {
      folder.remove(with: files)
      throw Problem(detail: "\(error)")
    }
    return folder
  }
}

/// The keys in the private agent; each is loaded, and its passphrase asked for, once.
actor KeyRing {
  private nonisolated let loop: EventLoop
  private var starting: Task<PrivateAgent, any Error>?
  private var loading: [String: Task<Agent.Key, any Error>] = [:]

  init(loop: EventLoop) { self.loop = loop }

  nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

  func load(
    _ file: PrivateKeyFile, passphrase: Destination.PassphraseProvider?
  ) async throws(PrivateAgent.Problem) -> (Agent, Agent.Key) {
    let task =
      loading[file.path]
      ?? Task {
        var secret: [UInt8]?
        if file.isEncrypted {
          secret = await passphrase?(file.path)
          guard secret != nil else {
            throw PrivateAgent.Problem(detail: "is encrypted, and there is no passphrase for it")
          }
        }
        return try await start().value.load(file, passphrase: secret)
      }
    loading[file.path] = task
    do {
      let key = try await task.value
      return (try await start().value.agent, key)
    } catch let problem as PrivateAgent.Problem {
      throw problem
    } catch {
      throw PrivateAgent.Problem(detail: "\(error)")
    }
  }

  /// Starts only when there is a key to load: a client that ends meanwhile would leave it waiting.
  private func start() -> Task<PrivateAgent, any Error> {
    let starting = starting ?? Task { [loop] in try await PrivateAgent.start(on: loop) }
    self.starting = starting
    return starting
  }
}
