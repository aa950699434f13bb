/// The keys and the password that will be offered to a host, and why other keys will not be.
/// ``Connection/gatherCredentials()`` makes it.
struct Credentials {
  enum Offer {
    /// A key that libssh2 can read and sign with.
    case file(PrivateKeyFile)
    /// A key of the user's agent, or of the private agent, which loaded it from the named file.
    case agent(Agent, Agent.Key, file: String?)

    /// The key as it is named in messages.
    var name: String {
      switch self {
      case .file(let file): "\(file.path) (\(file.type ?? "private key"))"
      case .agent(_, let key, let file?): "\(file) (\(key.type))"
      case .agent(_, let key, nil): "the agent's \"\(key.comment)\" (\(key.type))"
      }
    }
  }

  var offers: [Offer] = []
  var password: [UInt8]?
  /// One line for each key that is left out.
  var omissions: [String] = []
}

extension Connection {
  /// Reads key files and asks the agent and for passphrases, before anything is sent over the network.
  func gatherCredentials() async throws(SSHError) -> Credentials {
    var credentials = Credentials()
    switch destination.identities {
    case .files(let paths):
      try await add(paths, to: &credentials, isRequired: true)
    case .agentThenFiles(let paths):
      try await addAgentKeys(to: &credentials)
      try await add(paths, to: &credentials, isRequired: true)
    case .agentThenDefaults(let home):
      try await addAgentKeys(to: &credentials)
      let names = ["id_ed25519", "id_ecdsa", "id_rsa"]
      let count = credentials.offers.count + credentials.omissions.count
      try await add(names.map { "\(home)/.ssh/\($0)" }, to: &credentials, isRequired: false)
      if credentials.offers.count + credentials.omissions.count == count {
        credentials.omissions.append("\(home)/.ssh has no \(names.joined(separator: ", no "))")
      }
    }
    if let password = destination.password {
      credentials.password = await password()
      if credentials.password == nil { credentials.omissions.append("there is no password") }
    }
    guard !credentials.offers.isEmpty || credentials.password != nil else {
      var lines = ["the controller has nothing to log in with:"]
      lines += credentials.omissions.map { "  \($0)" }
      lines.append(
        "Name a private key with ssh.identity in the inventory, make one with `ssh-keygen -t ed25519`, or"
          + " load one into an ssh-agent with `ssh-add`.")
      throw failure(.noCredentials, "choosing a key", lines.joined(separator: "\n"))
    }
    return credentials
  }

  private func addAgentKeys(to credentials: inout Credentials) async throws(SSHError) {
    guard let agent else {
      credentials.omissions.append("there is no ssh-agent: SSH_AUTH_SOCK is not set")
      return
    }
    let omissions = credentials.omissions.count
    let keys = try await keys(of: agent, noting: &credentials.omissions)
    for key in keys { add(key, of: agent, to: &credentials) }
    if keys.isEmpty, credentials.omissions.count == omissions {
      credentials.omissions.append("the ssh-agent at \(agent.path) holds no key")
    }
  }

  private var agent: Agent? {
    destination.agentSocket.map { Agent(path: $0, loop: client.loop) }
  }

  private func add(
    _ paths: [String], to credentials: inout Credentials, isRequired: Bool
  ) async throws(SSHError) {
    for path in paths {
      let file: PrivateKeyFile
      do {
        file = try PrivateKeyFile.inspect(path)
      } catch {
        if isRequired || error != .missing {
          credentials.omissions.append("\(path) \(error.detail)")
        }
        continue
      }
      if let offer = try await offer(of: file, noting: &credentials.omissions) {
        credentials.offers.append(offer)
      }
    }
  }

  /// An encrypted file may be loaded in the user's agent, as with ssh(1); if not, the private agent reads it.
  private func offer(
    of file: PrivateKeyFile, noting omissions: inout [String]
  ) async throws(SSHError) -> Credentials.Offer? {
    if file.isForLibrary { return .file(file) }
    if file.isEncrypted, let publicKey = file.publicKey, let agent {
      let held = try await keys(of: agent, noting: &omissions)
      if let key = held.first(where: { $0.blob == publicKey }) {
        return .agent(agent, key, file: nil)
      }
    }
    do {
      let (agent, key) = try await client.keyRing.load(file, passphrase: destination.passphrase)
      return .agent(agent, key, file: file.path)
    } catch {
      if Task.isCancelled { throw failure(.cancelled, "loading a key", "cancelled") }
      omissions.append("\(file.path) \(error.detail)")
      return nil
    }
  }

  private func add(_ key: Agent.Key, of agent: Agent, to credentials: inout Credentials) {
    let offer = Credentials.Offer.agent(agent, key, file: nil)
    do {
      try PrivateKeyFile.refuseUnsupported(key.type)
      credentials.offers.append(offer)
    } catch {
      credentials.omissions.append("\(offer.name) \(error.detail)")
    }
  }

  private func keys(
    of agent: Agent, noting omissions: inout [String]
  ) async throws(SSHError) -> [Agent.Key] {
    do {
      return try await agent.keys(until: Deadline(after: deadlines.authentication))
    } catch {
      if Task.isCancelled { throw failure(.cancelled, "asking the agent", "cancelled") }
      omissions.append("the ssh-agent cannot be used: \(error.detail)")
      return []
    }
  }
}
