import Fleet

/// The passphrases of the user's SSH keys and the SSH passwords of hosts. Each is asked for once, one after the
/// other.
actor KeyPassphrases {
  private let interaction: any Interaction
  private var passwords: [PassphraseSource: [UInt8]?] = [:]

  init(_ interaction: any Interaction) { self.interaction = interaction }

  /// The password of a host; nil if it could not be read, which was reported.
  ///
  /// - Parameter source: the source that the inventory names. Hosts with the same source have one password.
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

  /// By path. Nil for a passphrase that the user did not enter: it is not asked for again.
  private var known: [String: [UInt8]?] = [:]

  /// The passphrase of a private key file; nil if the user did not enter one.
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
