/// Where to connect to, as which user, and how both sides are authenticated.
package struct Destination: Sendable, CustomStringConvertible {
  /// Which SSH keys the controller offers when it logs in to a host, and in which order.
  package enum Identities: Hashable, Sendable {
    /// Only these private keys; the agent is used for one that it holds and whose file is
    /// encrypted.
    case files([String])
    /// The keys of the agent, then `.ssh/id_ed25519`, `.ssh/id_ecdsa` and `.ssh/id_rsa` of this
    /// home folder.
    case agentThenDefaults(home: String)
    /// The keys of the agent, then these.
    case agentThenFiles([String])
  }

  /// What happens with a host that is in no known_hosts file. A host whose key changed is always refused.
  package enum HostKeyPolicy: Hashable, Sendable {
    case strict
    /// The host is recorded in the first file.
    case acceptNew
  }

  /// Returns the passphrase of an encrypted key, or nil if there is none.
  package typealias PassphraseProvider = @Sendable (_ path: String) async -> [UInt8]?

  package typealias PasswordProvider = @Sendable () async -> [UInt8]?

  /// The name of the host in messages.
  package var label: String
  /// The name or alias whose section of the ssh configuration applies, if it is not the label.
  package var alias: String?
  /// Numeric IPv4 or IPv6, or a name: behind jump hosts, the last of them resolves it.
  package var address: String
  package var port: UInt16
  package var user: String
  package var identities: Identities
  /// Files in the format of sshd(8), SSH_KNOWN_HOSTS FILE FORMAT; the first is named to users as
  /// the one to add to. A missing file knows no host.
  package var knownHosts: [String]
  package var hostKeyPolicy = HostKeyPolicy.strict
  /// The only keys that are accepted, as "ssh-ed25519 AAAA..."; if empty, `knownHosts` decides.
  package var hostKeys: [String] = []
  /// The name of the host in known_hosts files, instead of its address and port.
  package var hostKeyAlias: String?
  /// Receives notices for the user about a connection that continues.
  package var notice: (@Sendable (String) -> Void)?
  /// The agent's Unix socket, the value of SSH_AUTH_SOCK.
  package var agentSocket: String?
  /// The hosts to go through, the nearest first; their own `jumps` are not looked at.
  package var jumps: [Destination]
  /// Asked before anything is sent, so that typing does not count against a deadline.
  package var passphrase: PassphraseProvider?
  /// The password, for the methods password and keyboard-interactive; asked for like a passphrase.
  package var password: PasswordProvider?

  package init(
    label: String, address: String, port: UInt16 = 22, user: String, identities: Identities,
    knownHosts: [String], agentSocket: String? = nil, jumps: [Destination] = [],
    passphrase: PassphraseProvider? = nil, password: PasswordProvider? = nil
  ) {
    self.label = label
    self.address = address
    self.port = port
    self.user = user
    self.identities = identities
    self.knownHosts = knownHosts
    self.agentSocket = agentSocket
    self.jumps = jumps
    self.passphrase = passphrase
    self.password = password
  }

  /// What the system's ssh calls it.
  var configuredName: String { alias ?? label }

  /// The host as it is named in messages.
  package var description: String { subject.description }

  var subject: SSHError.Subject {
    SSHError.Subject(
      label, at: .init(address: address, port: port), through: jumps.map(\.label))
  }

  /// The name of the host in known_hosts files.
  var knownName: KnownHosts.Name {
    KnownHosts.Name(alias: hostKeyAlias, address: address, port: port)
  }

  /// One of the jump hosts, reached through those before it.
  package func jump(_ index: Int) -> Destination {
    var jump = jumps[index]
    jump.jumps = Array(jumps[..<index])
    jump.isJump = true
    return jump
  }

  /// The last of the jump hosts, reached through the others.
  var lastJump: Destination? {
    jumps.isEmpty ? nil : jump(jumps.count - 1)
  }

  /// Whether it is a jump host of another destination.
  var isJump = false
  /// Whether the address may be a name; that of a jump host always may.
  package var hasName = false
}

/// How long each phase of a connection may take.
package struct Deadlines: Hashable, Sendable {
  /// Until TCP is connected.
  package var connect: Duration
  /// From the connection until the banner and the keys are exchanged.
  package var handshake: Duration
  /// From the key exchange until the user is logged in, all keys together.
  package var authentication: Duration
  /// For each wait after the login: a channel to open, output to arrive, input to be taken.
  package var idle: Duration

  package init(
    connect: Duration = .seconds(10), handshake: Duration = .seconds(15),
    authentication: Duration = .seconds(20), idle: Duration = .seconds(60)
  ) {
    self.connect = connect
    self.handshake = handshake
    self.authentication = authentication
    self.idle = idle
  }
}

/// The instant when a wait ends, and the length of the wait for the message.
struct Deadline: Sendable {
  let instant: ContinuousClock.Instant
  let limit: Duration

  init(after limit: Duration) {
    self.instant = .now.advanced(by: limit)
    self.limit = limit
  }

  /// The length of the wait for a message, such as "10 s".
  var limitText: String {
    limit.components.attoseconds == 0 ? "\(limit.components.seconds) s" : "\(limit)"
  }

  /// This deadline, or an earlier one.
  func orEarlier(_ limit: Duration) -> Deadline {
    let other = Deadline(after: limit)
    return other.instant < instant ? other : self
  }
}
