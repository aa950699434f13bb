/// Where to connect to, as whom, and what proves either side to the other.
package struct Destination: Sendable, CustomStringConvertible {
  /// Which keys are offered, in this order.
  package enum Identities: Hashable, Sendable {
    /// These private keys alone; the agent is used for one that it holds and whose file is
    /// encrypted.
    case files([String])
    /// What the agent holds, then `.ssh/id_ed25519`, `.ssh/id_ecdsa` and `.ssh/id_rsa` of this
    /// home folder.
    case agentThenDefaults(home: String)
    /// What the agent holds, then these.
    case agentThenFiles([String])
  }

  /// What becomes of a host that no known_hosts file has. One whose key changed is always refused.
  package enum HostKeyPolicy: Hashable, Sendable {
    case strict
    /// It is recorded in the first file.
    case acceptNew
  }

  /// Answers with the passphrase of an encrypted key, or with nothing where there is none.
  package typealias PassphraseProvider = @Sendable (_ path: String) async -> [UInt8]?

  package typealias PasswordProvider = @Sendable () async -> [UInt8]?

  /// The host's name for messages.
  package var label: String
  /// Numeric IPv4 or IPv6. A jump host's may be a name, which whoever connects to it resolves.
  package var address: String
  package var port: UInt16
  package var user: String
  package var identities: Identities
  /// Files in the format of sshd(8), SSH_KNOWN_HOSTS FILE FORMAT; the first is named to users as
  /// the one to add to. A missing file knows no host.
  package var knownHosts: [String]
  package var hostKeyPolicy = HostKeyPolicy.strict
  /// The only keys that are accepted, as "ssh-ed25519 AAAA..."; none leaves it to `knownHosts`.
  package var hostKeys: [String] = []
  /// The name that known_hosts files have the host under, instead of its address and port.
  package var hostKeyAlias: String?
  /// What the user should hear about a connection that goes on.
  package var notice: (@Sendable (String) -> Void)?
  /// The agent's Unix socket, the value of SSH_AUTH_SOCK.
  package var agentSocket: String?
  /// The hosts to go through, the nearest first; their own `jumps` are not looked at.
  package var jumps: [Destination]
  /// Asked before anything is sent, so that nobody's typing counts against a deadline.
  package var passphrase: PassphraseProvider?
  /// For servers that ask for a password, by itself or by keyboard-interactive; asked like it.
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

  /// The host as messages name it.
  package var description: String { subject }

  var subject: String {
    let name = label == address ? "\(address) port \(port)" : "\(label) (\(address) port \(port))"
    return jumps.isEmpty ? name : name + " through " + jumps.map(\.label).joined(separator: ", ")
  }

  /// The name that known_hosts files have the host under.
  var knownName: KnownHosts.Name {
    KnownHosts.Name(alias: hostKeyAlias, address: address, port: port)
  }

  /// One of the hosts to go through, reached through those before it.
  package func jump(_ index: Int) -> Destination {
    var jump = jumps[index]
    jump.jumps = Array(jumps[..<index])
    jump.isJump = true
    return jump
  }

  /// The last of the hosts to go through, reached through the others.
  var lastJump: Destination? {
    jumps.isEmpty ? nil : jump(jumps.count - 1)
  }

  /// Whether the address may be a name.
  var isJump = false
}

/// How long each stage may take.
package struct Deadlines: Hashable, Sendable {
  /// Until TCP is connected.
  package var connect: Duration
  /// From there until the banner and the keys are exchanged.
  package var handshake: Duration
  /// From there until logged in, all keys together.
  package var authentication: Duration
  /// For each wait after that: a channel to open, output to come, input to be taken.
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

/// The instant when a wait ends, and how long that was, for the message.
struct Deadline: Sendable {
  let instant: ContinuousClock.Instant
  let limit: Duration

  init(after limit: Duration) {
    self.instant = .now.advanced(by: limit)
    self.limit = limit
  }

  /// Itself, or one that comes before it.
  func orEarlier(_ limit: Duration) -> Deadline {
    let other = Deadline(after: limit)
    return other.instant < instant ? other : self
  }
}
