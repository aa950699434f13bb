import Fleet
import Inventories
import Planning
import SSH
import State

/// Determines how to reach and log in to hosts: from the inventory, else from the user's ssh
/// configuration, else from defaults.
struct SSHDestinations: Sendable {
  private static let usualGlobalKnownHosts = "/etc/ssh/ssh_known_hosts"

  private let passphrases: KeyPassphrases
  private let interaction: any Interaction
  private let resolve: @Sendable (String) -> String
  private let configurations: ClientConfigurations
  private let home = HomeFolder.path
  private let agentSocket = EnvironmentVariable.value("SSH_AUTH_SOCK")

  init(
    client: SSHClient, _ interaction: any Interaction,
    resolve: @escaping @Sendable (String) -> String
  ) {
    passphrases = KeyPassphrases(interaction)
    self.interaction = interaction
    self.resolve = resolve
    configurations = ClientConfigurations(client: client, home: home)
  }

  /// The configuration file to pass to OpenSSH with `-F`; nil for its default files.
  func file(of settings: SSHSettings) -> String? {
    switch settings.config {
    case .usual: nil
    case .none: "none"
    case .file(let path): resolve(path.text)
    }
  }

  /// How to reach a host, with its jump hosts, and how long to wait.
  ///
  /// - Throws: an `SSHError` if the ssh configuration contains settings that are not supported or
  ///   that contradict the inventory.
  func destination(
    of host: HostName, _ access: HostAccess
  ) async throws -> (Destination, Deadlines) {
    let settings = access.ssh
    // An address says where a host is, whatever the configuration says of its name; a name or an alias is looked up.
    let (name, address): (String, String?) =
      switch settings.address {
      case nil: (host.text, "\(access.address)")
      case let own? where own.numeric != nil: (host.text, own.text)
      case let own?: (own.text, nil)
      }
    let configured = try await configuration(of: name, at: address, settings)
    if let configured {
      try refuse(configured, host.text, settings)
    }
    var destination = Destination(
      label: host.text, address: address ?? configured?.hostName ?? name,
      port: settings.port.number,
      user: user(settings, configured), identities: identities(settings, configured),
      knownHosts: knownHosts(settings, configured), agentSocket: agent(configured))
    if address == nil { (destination.hasName, destination.alias) = (true, name) }
    destination.hostKeys = settings.hostKeys.map(\.text)
    destination.hostKeyAlias = configured?.hostKeyAlias
    destination.hostKeyPolicy = hostKeyPolicy(settings, configured)
    destination.notice = { [interaction] in interaction.warn($0) }
    destination.passphrase = { [passphrases] in await passphrases.passphrase(of: $0) }
    if let source = settings.password {
      destination.password = { [passphrases, resolve] in
        await passphrases.password(from: source, of: host, resolve: resolve)
      }
    }
    switch access.way {
    case .through(let containerHost, let before):
      let (before, _) = try await self.destination(of: containerHost, before)
      destination.jumps = before.jumps + [before]
    case .direct:
      destination.jumps = try await hops(jumps(settings, configured), settings, depth: 0)
    }
    return (destination, deadlines(configured))
  }

  /// The user's ssh configuration for a host or jump host; nil if the inventory disables it.
  private func configuration(
    of name: String, at address: String?, _ settings: SSHSettings
  ) async throws -> ClientConfiguration? {
    guard settings.config != .none else { return nil }
    do {
      return try await configurations.configuration(
        of: name, at: address, file: file(of: settings))
    } catch {
      throw SSHError(
        .resourceMissing, subject: .init(name), activity: "reading the ssh configuration",
        detail: "\(error)")
    }
  }

  /// Stops if the configuration needs what only OpenSSH can do, or sets a port that the inventory
  /// does not.
  private func refuse(
    _ configured: ClientConfiguration, _ host: String, _ settings: SSHSettings
  ) throws {
    if !configured.unsupportedOptions.isEmpty && settings.transport != .openSSH {
      throw SSHError(
        .resourceMissing, subject: .init(host), activity: "reading the ssh configuration",
        detail:
          "it sets \(configured.unsupportedOptions.joined(separator: " and ")) for this host, which only OpenSSH"
          + " supports. Set `ssh: {transport: openssh}` in the inventory, or ignore the configuration with"
          + " `ssh: {config: none}`")
    }
    if let port = configured.port, !settings.given.contains(.port), port != settings.port.number {
      throw SSHError(
        .resourceMissing, subject: .init(host), activity: "reading the ssh configuration",
        detail:
          "it sets port \(port) for this host, but the inventory sets none, so the firewall would open"
          + " port \(settings.port). Set `ssh: {port: \(port)}` in the inventory"
      )
    }
  }

  private func user(_ settings: SSHSettings, _ configured: ClientConfiguration?) -> String {
    let own = settings.user.text
    return settings.given.contains(.user) ? own : configured?.user ?? own
  }

  /// The jump hosts of the inventory, or else of the ssh configuration, nearest first.
  private func jumps(
    _ settings: SSHSettings, _ configured: ClientConfiguration?
  ) throws -> [JumpHost] {
    guard !settings.given.contains(.jump) else { return settings.jumps }
    return try jumps(of: configured)
  }

  /// The jump hosts of the ssh configuration; none if there is no configuration.
  private func jumps(of configured: ClientConfiguration?) throws -> [JumpHost] {
    try (configured?.jumps ?? []).map { text in
      guard let jump = JumpHost(text) else {
        throw noWay(through: text, "it is not a jump host in the form [user@]host[:port]")
      }
      return jump
    }
  }

  /// The error of a jump host that cannot be used.
  private func noWay(through jump: String, _ why: String) -> SSHError {
    SSHError(
      .resourceMissing, subject: .init(jump), activity: "resolving jump hosts", detail: why)
  }

  /// The keys to log in with: those of the inventory, or else of the ssh configuration, or else the
  /// agent and the usual files.
  private func identities(
    _ settings: SSHSettings, _ configured: ClientConfiguration?
  ) -> Destination.Identities {
    if !settings.identities.isEmpty {
      return .files(settings.identities.map { resolve($0.text) })
    }
    guard let configured, !configured.identities.isEmpty else {
      return .agentThenDefaults(home: home)
    }
    return configured.identitiesOnly
      ? .files(configured.identities) : .agentThenFiles(configured.identities)
  }

  /// The known_hosts files: the user's first, in which new keys are recorded, then the system's.
  private func knownHosts(
    _ settings: SSHSettings, _ configured: ClientConfiguration?
  ) -> [String] {
    let files = configured?.knownHosts ?? []
    let own =
      files.isEmpty || settings.given.contains(.knownHosts)
      ? [resolve(settings.knownHosts.text)] : files
    return own + [Self.usualGlobalKnownHosts]
  }

  /// What to do with a host key that is in no known_hosts file, for hosts and jump hosts.
  private func hostKeyPolicy(
    _ settings: SSHSettings, _ configured: ClientConfiguration?
  ) -> Destination.HostKeyPolicy {
    if !settings.given.contains(.hostKeyChecking), configured?.acceptsNewHosts == true {
      return .acceptNew
    }
    return switch settings.hostKeyChecking {
    case .strict: .strict
    case .acceptNew: .acceptNew
    }
  }

  /// The socket of the ssh-agent; nil if there is none or the ssh configuration disables it.
  private func agent(_ configured: ClientConfiguration?) -> String? {
    switch configured?.agent {
    case nil: agentSocket
    case .disabled: nil
    case .socket(let path): path
    }
  }

  private func deadlines(_ configured: ClientConfiguration?) -> Deadlines {
    var deadlines = Deadlines()
    if let seconds = configured?.connectSeconds { deadlines.connect = .seconds(seconds) }
    return deadlines
  }

  /// How to reach the jump hosts. If the ssh configuration has jump hosts for the first of them,
  /// those come first.
  private func hops(
    _ jumps: [JumpHost], _ settings: SSHSettings, depth: Int
  ) async throws -> [Destination] {
    var hops: [Destination] = []
    for (index, jump) in jumps.enumerated() {
      guard depth < 8 else {
        throw noWay(through: jump.text, "the jump hosts form a cycle")
      }
      let configured = try await configuration(of: jump.host, at: nil, settings)
      if let configured, !configured.unsupportedOptions.isEmpty, settings.transport != .openSSH {
        try refuse(configured, jump.host, settings)
      }
      var hop = Destination(
        label: jump.host, address: configured?.hostName ?? jump.host,
        port: jump.port?.number ?? configured?.port ?? 22,
        user: jump.user?.text ?? configured?.user ?? settings.user.text,
        identities: identities(settings, configured),
        knownHosts: knownHosts(settings, configured), agentSocket: agent(configured))
      hop.hostKeyAlias = configured?.hostKeyAlias
      hop.hostKeyPolicy = hostKeyPolicy(settings, configured)
      hop.notice = { [interaction] in interaction.warn($0) }
      hop.passphrase = { [passphrases] in await passphrases.passphrase(of: $0) }
      if index == 0 {
        hops = try await self.hops(self.jumps(of: configured), settings, depth: depth + 1)
      }
      hops.append(hop)
    }
    return hops
  }
}
