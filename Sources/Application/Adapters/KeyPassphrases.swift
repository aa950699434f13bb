import Certificates
import Fleet

/// The passphrases of the user's SSH keys and the SSH passwords of hosts. Each is asked for once,
/// one after the other.
actor KeyPassphrases {
  private enum Question: Hashable {
    case password(PassphraseSource)
    case passphrase(ofKeyAt: String)
  }

  private let interaction: any Interaction
  /// Nil for a secret that the user did not enter: it is asked for once.
  private var answers: [Question: Task<[UInt8]?, Never>] = [:]
  /// The question that was asked last: the next one waits for its answer.
  private var latest: Task<[UInt8]?, Never>?

  init(_ interaction: any Interaction) { self.interaction = interaction }

  /// The password of a host; nil if it could not be read, which was reported.
  ///
  /// - Parameter source: the source that the inventory names. Hosts with the same source have one
  ///   password.
  func password(
    from source: PassphraseSource, of host: HostName,
    resolve: @escaping @Sendable (String) -> String
  ) async -> [UInt8]? {
    await answer(to: .password(source), about: "\(host): ") { [interaction] in
      let reader = SecretReader(
        source: source, name: "password", origin: "from which the inventory takes the password",
        resolve: resolve,
        ask: {
          var answer = try await interaction.askSecret(
            "Password for the SSH hosts: ",
            instead: source.instead(of: "password")
              ?? "set ssh.password in the inventory to {env: NAME}, {file: PATH}, {command: […]} or"
              + " {credential: NAME}")
          return Secret(wiping: &answer)
        })
      return try await reader.read().withUnsafeBytes { Array($0) }
    }
  }

  /// The passphrase of a private key file; nil if the user did not enter one.
  func passphrase(of path: String) async -> [UInt8]? {
    await answer(to: .passphrase(ofKeyAt: path), about: "") { [interaction] in
      try await interaction.askSecret(
        "Passphrase of \(path): ", instead: "load the key into an ssh-agent")
    }
  }

  private func answer(
    to question: Question, about subject: String,
    _ read: @escaping @Sendable () async throws -> [UInt8]
  ) async -> [UInt8]? {
    if let known = answers[question] { return await known.value }
    let task = Task { [latest, interaction] () -> [UInt8]? in
      _ = await latest?.value
      do {
        // The source may be a program that asks the user.
        return try await interaction.lendTerminal { try await read() }
      } catch {
        if let message = Failure(error).message { interaction.warn(subject + message) }
        return nil
      }
    }
    answers[question] = task
    latest = task
    return await task.value
  }
}
