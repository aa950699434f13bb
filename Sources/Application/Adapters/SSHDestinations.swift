import Inventories
import Planning
import SSH
import State

/// Where hosts are and how to log in there: what the inventory gives, the user's ssh configuration
/// where it gives nothing, and the defaults where that has nothing either.
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

  /// The file that OpenSSH is told to read: nil for the usual ones.
  func file(of connection: Planning.Connection) -> String? {
    switch connection.options.config {
    case "": nil
    case "none": "none"
    case let path: resolve(path)
    }
  }

  func destination(
    of host: String, _ connection: Planning.Connection
  ) async throws -> (Destination, Deadlines) {
    guard let port = UInt16(exactly: connection.port) else {
      preconditionFailure("Port \(connection.port) was not checked. This is a bug in deploy.")
    }
    let options = connection.options
    let configured = try await configuration(of: host, at: connection.address, connection)
    if let configured {
      try refuse(configured, host, connection)
    }
    var destination = Destination(
      label: host, address: connection.address, port: port,
      user: pick("user", connection.user, configured?.user, options),
      identities: identities(connection, configured),
      knownHosts: knownHosts(connection, configured), agentSocket: agent(configured))
    destination.hostKeys = options.hostKeys
    destination.hostKeyAlias = configured?.hostKeyAlias
    destination.hostKeyPolicy = hostKeyPolicy(options, configured)
    destination.notice = { [interaction] in interaction.warn($0) }
    destination.passphrase = { [passphrases] in await passphrases.passphrase(of: $0) }
    if !options.password.isEmpty {
      destination.password = { [passphrases, resolve] in
        await passphrases.password(from: options.password, of: host, resolve: resolve)
      }
    }
    if let carrier = options.carriers.first {
      let (before, _) = try await self.destination(
        of: carrier.host, Planning.Connection(to: carrier))
      destination.jumps = before.jumps + [before]
      return (destination, deadlines(configured))
    }
    let jumps = options.given.contains("jump") ? options.jumps : configured?.jumps ?? []
    destination.jumps = try await hops(jumps, connection, depth: 0)
    return (destination, deadlines(configured))
  }

  private func configuration(
    of name: String, at address: String?, _ connection: Planning.Connection
  ) async throws -> ClientConfiguration? {
    guard connection.options.config != "none" else { return nil }
    do {
      return try await configurations.configuration(
        of: name, at: address, file: file(of: connection))
    } catch {
      throw SSHError(
        .resourceMissing, subject: name, activity: "reading the ssh configuration",
        detail: "\(error)")
    }
  }

  /// What the configuration says and this program cannot do, or must not do behind the inventory's back.
  private func refuse(
    _ configured: ClientConfiguration, _ host: String, _ connection: Planning.Connection
  ) throws {
    let options = connection.options
    if !configured.beyondUs.isEmpty && options.transport != "openssh" {
      throw SSHError(
        .resourceMissing, subject: host, activity: "reading the ssh configuration",
        detail:
          "it sets \(configured.beyondUs.joined(separator: " and ")) for this host, which only"
          + " OpenSSH itself can do: use `ssh: {transport: openssh}`, or leave the configuration out"
          + " by `ssh: {config: none}`")
    }
    if let port = configured.port, !options.given.contains("port"), Int(port) != connection.port {
      throw SSHError(
        .resourceMissing, subject: host, activity: "reading the ssh configuration",
        detail: "it has port \(port) for this host, and the inventory says nothing, so that the"
          + " firewall would open \(connection.port): write `ssh: {port: \(port)}` in the inventory"
      )
    }
  }

  private func pick(
    _ key: String, _ ours: String, _ configured: String?, _ options: SSHOptions
  ) -> String {
    options.given.contains(key) ? ours : configured ?? ours
  }

  private func identities(
    _ connection: Planning.Connection, _ configured: ClientConfiguration?
  ) -> Destination.Identities {
    if !connection.identities.isEmpty { return .files(connection.identities.map(resolve)) }
    guard let configured, !configured.identities.isEmpty else {
      return .agentThenDefaults(home: home)
    }
    return configured.identitiesOnly
      ? .files(configured.identities) : .agentThenFiles(configured.identities)
  }

  private func knownHosts(
    _ connection: Planning.Connection, _ configured: ClientConfiguration?
  ) -> [String] {
    let files = configured?.knownHosts ?? []
    let own =
      files.isEmpty || connection.options.given.contains("known_hosts")
      ? [resolve(connection.knownHosts)] : files
    return own + [Self.usualGlobalKnownHosts]
  }

  /// What is done with a key that no known_hosts file has, of hosts and of jump hosts alike.
  private func hostKeyPolicy(
    _ options: SSHOptions, _ configured: ClientConfiguration?
  ) -> Destination.HostKeyPolicy {
    let acceptsNew =
      options.given.contains("host_key_checking") || configured?.acceptsNewHosts != true
      ? options.hostKeyChecking == "accept_new" : true
    return acceptsNew ? .acceptNew : .strict
  }

  private func agent(_ configured: ClientConfiguration?) -> String? {
    guard let socket = configured?.agentSocket else { return agentSocket }
    return socket.isEmpty ? nil : socket
  }

  private func deadlines(_ configured: ClientConfiguration?) -> Deadlines {
    var deadlines = Deadlines()
    if let seconds = configured?.connectSeconds { deadlines.connect = .seconds(seconds) }
    return deadlines
  }

  /// The hosts to go through; what the configuration has the first of them go through comes before.
  private func hops(
    _ texts: [String], _ connection: Planning.Connection, depth: Int
  ) async throws -> [Destination] {
    var hops: [Destination] = []
    for (index, text) in texts.enumerated() {
      guard depth < 8, let jump = JumpHost(text) else {
        throw SSHError(
          .resourceMissing, subject: text, activity: "finding the way through jump hosts",
          detail: depth < 8 ? "it is no jump host" : "they go through each other in a circle")
      }
      let configured = try await configuration(of: jump.host, at: nil, connection)
      if let configured, !configured.beyondUs.isEmpty, connection.options.transport != "openssh" {
        try refuse(configured, jump.host, connection)
      }
      var hop = Destination(
        label: jump.host, address: configured?.hostName ?? jump.host,
        port: jump.port?.number ?? configured?.port ?? 22,
        user: jump.user?.text ?? configured?.user ?? connection.user,
        identities: identities(connection, configured),
        knownHosts: knownHosts(connection, configured), agentSocket: agent(configured))
      hop.hostKeyAlias = configured?.hostKeyAlias
      hop.hostKeyPolicy = hostKeyPolicy(connection.options, configured)
      hop.notice = { [interaction] in interaction.warn($0) }
      hop.passphrase = { [passphrases] in await passphrases.passphrase(of: $0) }
      if index == 0, let before = configured?.jumps, !before.isEmpty {
        hops = try await self.hops(before, connection, depth: depth + 1)
      }
      hops.append(hop)
    }
    return hops
  }
}
