/// Where to connect to, as whom, and what proves either side to the other.
package struct Destination: Sendable {
  /// Which keys are offered, in this order.
  package enum Identities: Hashable, Sendable {
    /// These private keys alone; the agent is used for one that it holds and whose file is
    /// encrypted.
    case files([String])
    /// What the agent holds, then `.ssh/id_ed25519`, `.ssh/id_ecdsa` and `.ssh/id_rsa` of this
    /// home folder.
    case agentThenDefaults(home: String)
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
  var subject: String {
    let name = label == address ? "\(address) port \(port)" : "\(label) (\(address) port \(port))"
    return jumps.isEmpty ? name : name + " through " + jumps.map(\.label).joined(separator: ", ")
  }

  /// The last of the hosts to go through, reached through the others.
  var lastJump: Destination? {
    guard var last = jumps.last else { return nil }
    last.jumps = jumps.dropLast()
    last.isJump = true
    return last
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
}
