/// The keys that will be offered, and why others will not.
struct Credentials {
  enum Offer {
    case file(PrivateKeyFile, passphrase: [UInt8]?)
    case agent(Agent, Agent.Key)

    /// The key as messages name it.
    var name: String {
      switch self {
      case .file(let file, _): "\(file.path) (\(file.type ?? "private key"))"
      case .agent(_, let key): "the agent's \"\(key.comment)\" (\(key.type))"
      }
    }
  }

  var offers: [Offer] = []
  /// One line for each key that is left out.
  var omissions: [String] = []
}

extension Connection {
  /// Reads key files and asks the agent and for passphrases, before anything goes over the network.
  func gatherCredentials() async throws(SSHError) -> Credentials {
    var credentials = Credentials()
    switch destination.identities {
    case .files(let paths):
      try await add(paths, to: &credentials, isRequired: true)
    case .agentThenDefaults(let home):
      if let agent {
        for key in try await keys(of: agent, noting: &credentials.omissions) {
          add(key, of: agent, to: &credentials)
        }
      }
      let paths = ["id_ed25519", "id_ecdsa"].map { "\(home)/.ssh/\($0)" }
      try await add(paths, to: &credentials, isRequired: false)
    }
    guard !credentials.offers.isEmpty else {
      let omissions = credentials.omissions.isEmpty ? ["no key was found"] : credentials.omissions
      throw failure(
        .authenticationFailed, "choosing a key",
        "there is no key to log in with: " + omissions.joined(separator: "; "))
    }
    return credentials
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
      if let held = try await agentOffer(for: file, noting: &credentials) {
        credentials.offers.append(held)
      } else if !file.isEncrypted {
        credentials.offers.append(.file(file, passphrase: nil))
      } else if let passphrase = await destination.passphrase?(path) {
        credentials.offers.append(.file(file, passphrase: passphrase))
      } else {
        credentials.omissions.append("\(path) is encrypted, and there is no passphrase for it")
      }
    }
  }

  /// What is encrypted on disk may lie open in the agent, as with ssh(1).
  private func agentOffer(
    for file: PrivateKeyFile, noting credentials: inout Credentials
  ) async throws(SSHError) -> Credentials.Offer? {
    guard file.isEncrypted, let publicKey = file.publicKey, let agent else { return nil }
    let held = try await keys(of: agent, noting: &credentials.omissions)
    return held.first { $0.blob == publicKey }.map { .agent(agent, $0) }
  }

  private func add(_ key: Agent.Key, of agent: Agent, to credentials: inout Credentials) {
    let offer = Credentials.Offer.agent(agent, key)
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
      omissions.append("the agent cannot be used: \(error.detail)")
      return []
    }
  }
}
