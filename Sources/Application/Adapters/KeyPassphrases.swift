import Fleet

/// Passphrases of the user's SSH keys and passwords of hosts: each is asked for once, and one at a time.
actor KeyPassphrases {
  private let interaction: any Interaction
  private var passwords: [PassphraseSource: [UInt8]?] = [:]

  init(_ interaction: any Interaction) { self.interaction = interaction }

  /// - Parameter source: where the inventory says it comes from; one for all hosts that have it alike.
  func password(
    from source: PassphraseSource, of host: String, resolve: @escaping @Sendable (String) -> String
  ) -> [UInt8]? {
    if let known = passwords[source] { return known }
    var password: [UInt8]?
    do {
      password = try HostPassword(source: source, resolve: resolve, interaction: interaction).read()
    } catch {
      warn(error, about: "\(host): ")
    }
    passwords[source] = .some(password)
    return password
  }

  /// Nil for a passphrase that nobody gave: it is asked for once.
  private var known: [String: [UInt8]?] = [:]

  func passphrase(of path: String) -> [UInt8]? {
    if let known = known[path] { return known }
    do {
      let passphrase = try interaction.askSecret(
        "Passphrase of \(path): ", instead: "load the key into an ssh-agent")
      known[path] = .some(passphrase)
      return passphrase
    } catch {
      warn(error, about: "")
      known[path] = .some(nil)
      return nil
    }
  }

  private func warn(_ error: any Error, about subject: String) {
    let failure = Failure(error)
    if !failure.message.isEmpty { interaction.warn(subject + failure.message) }
  }
}
