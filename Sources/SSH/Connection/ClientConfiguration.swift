internal import Files
internal import FoundationEssentials
internal import Glibc

/// The settings of OpenSSH's client for one host, as `ssh -G` prints them.
package struct ClientConfiguration: Hashable, Sendable {
  /// Nil for what is not configured, unlike in the output of `ssh -G`, which fills in defaults.
  package var user: String?
  package var port: UInt16?
  /// The name or address to connect to instead of the name that was asked about.
  package var hostName: String?
  /// Absolute paths of files that exist.
  package var identities: [String] = []
  /// Only the identities above are offered, and no other key of the agent.
  package var identitiesOnly = false
  package var knownHosts: [String] = []
  package var acceptsNewHosts = false
  package var hostKeyAlias: String?
  /// As in ProxyJump, the nearest first.
  package var jumps: [String] = []
  /// The agent to use instead of that of `SSH_AUTH_SOCK`.
  package var agent: AgentChoice?
  package var connectSeconds: Int?
  package var keepaliveSeconds: Int?
  /// Settings that only OpenSSH itself supports, by their names in ssh_config(5).
  package var unsupportedOptions: [String] = []

  /// What IdentityAgent chooses.
  package enum AgentChoice: Hashable, Sendable {
    case disabled
    case socket(String)
  }

  /// A marker that no configuration contains: a setting that `ssh -G` prints with it is not configured.
  static let unset = "deploy-unset"

  /// Reads the output of `ssh -G` for a configuration that ends with `tail`.
  init(_ output: String, home: String, exists: (String) -> Bool) {
    func path(_ text: Substring) -> String {
      text.hasPrefix("~/") ? home + text.dropFirst() : String(text)
    }
    for line in output.split(separator: "\n") {
      let parts = line.split(separator: " ", maxSplits: 1)
      guard parts.count == 2, !parts[1].contains(Self.unset) || parts[0] == "userknownhostsfile"
      else { continue }
      let value = parts[1]
      switch parts[0] {
      case "user": user = String(value)
      case "port": port = UInt16(value)
      case "hostname": hostName = String(value)
      case "identityfile": identities.append(path(value))
      case "identitiesonly": identitiesOnly = value == "yes"
      case "userknownhostsfile":
        knownHosts = value.split(separator: " ").filter { !$0.contains(Self.unset) }.map(path)
      case "stricthostkeychecking": acceptsNewHosts = ["accept-new", "no", "off"].contains(value)
      case "hostkeyalias": hostKeyAlias = String(value)
      case "proxyjump" where value != "none": jumps = value.split(separator: ",").map(String.init)
      case "identityagent" where value != "SSH_AUTH_SOCK":
        agent = value == "none" ? .disabled : .socket(path(value))
      case "connecttimeout": connectSeconds = Int(value)
      case "serveraliveinterval": keepaliveSeconds = Int(value).flatMap { $0 == 0 ? nil : $0 }
      case "proxycommand" where value != "none": unsupportedOptions.append("ProxyCommand")
      case "certificatefile": unsupportedOptions.append("CertificateFile")
      case "pkcs11provider" where value != "none": unsupportedOptions.append("PKCS11Provider")
      default: break
      }
    }
    identities = identities.filter(exists)
  }

  /// A configuration that includes others, with a final section that marks what they leave unset.
  ///
  /// `Match final` makes ssh read it again with the resolved address, so that `Host` patterns
  /// match the name and the address, and the lines of this section come last.
  static func wrapper(of files: [String]) -> String {
    files.map { "Include \"\($0)\"\n" }.joined() + """
      Match final all
        User \(unset)
        Port 65535
        IdentityFile /\(unset)
        UserKnownHostsFile /\(unset)

      """
  }
}

/// Runs `ssh -G`, once for each host.
package actor ClientConfigurations {
  /// Why the configuration of a host could not be read.
  package struct Problem: Error, CustomStringConvertible { package let description: String }

  private static let unsetPort: UInt16 = 65535
  private static let patience = Duration.seconds(20)

  private nonisolated let client: SSHClient
  private var answers: [[String]: Task<ClientConfiguration, any Error>] = [:]
  private nonisolated let home: String

  /// - Parameter home: the user's home folder.
  package init(client: SSHClient, home: String) {
    self.client = client
    self.home = home
  }

  package nonisolated var unownedExecutor: UnownedSerialExecutor {
    client.loop.asUnownedSerialExecutor()
  }

  /// The configuration files that exist: running ssh without any costs some 7 ms of processor time a host.
  private var usualFiles: [String] {
    let own = "\(home)/.ssh/config"
    let more = (try? FileManager.default.contentsOfDirectory(atPath: "/etc/ssh/ssh_config.d")) ?? []
    guard access(own, F_OK) == 0 || more.contains(where: { $0.hasSuffix(".conf") }) else {
      return []
    }
    return [own, "/etc/ssh/ssh_config"]
  }

  /// The settings for a host; nil if there are none.
  ///
  /// - Parameters:
  ///   - name: what `Host` patterns match, beside the address.
  ///   - address: what the host's name stands for, whatever the configuration says; nil lets it say.
  ///   - file: instead of the user's and the system's files.
  package func configuration(
    of name: String, at address: String?, file: String? = nil
  ) async throws(Problem) -> ClientConfiguration? {
    let files = file.map { [$0] } ?? usualFiles
    guard !files.isEmpty else { return nil }
    if let file {
      do { try FileReader.check(file, as: .sshConfiguration) } catch {
        throw Problem(description: error.description)
      }
    }
    let key = [name, address ?? "", file ?? ""]
    let task =
      answers[key] ?? Task { try await self.ask(name, address, files) }
    answers[key] = task
    do {
      return try await task.value
    } catch let problem as Problem {
      throw problem
    } catch {
      throw Problem(description: "\(error)")
    }
  }

  private func ask(
    _ name: String, _ address: String?, _ files: [String]
  ) async throws(Problem) -> ClientConfiguration {
    let folder: PrivateFolder
    do { folder = try PrivateFolder.make("ssh-config") } catch {
      throw Problem(description: error.description)
    }
    defer { folder.remove(with: ["config"]) }
    let wrapper = "\(folder.path)/config"
    do {
      try FileWriter.create(
        wrapper, contents: Array(ClientConfiguration.wrapper(of: files).utf8), for: .ownerAlone)
    } catch {
      throw Problem(description: "\(error)")
    }
    var words = ["ssh", "-G", "-T", "-F", wrapper]
    if let address { words += ["-o", "HostName=\(address)"] }
    words += ["--", name]
    do {
      let process = try LocalProcess(words, on: client.loop)
      let deadline = Deadline(after: Self.patience)
      await process.closeInput()
      var output: [UInt8] = []
      while let chunk = try await process.read(until: deadline) { output += chunk }
      guard try await process.exit(until: deadline) == .code(0) else {
        let words = await process.errorText.replacing(wrapper, with: files[0])
        throw Problem(
          description: "`ssh -G \(name)` does not accept the configuration: \(words)\n"
            + "Correct it, or ignore it with `ssh: {config: none}`")
      }
      var configuration = ClientConfiguration(
        String(decoding: output, as: UTF8.self), home: home, exists: { access($0, F_OK) == 0 })
      if configuration.port == Self.unsetPort { configuration.port = nil }
      return configuration
    } catch let problem as Problem {
      throw problem
    } catch {
      throw Problem(description: "`ssh -G \(name)` did not answer: \(error)")
    }
  }
}
