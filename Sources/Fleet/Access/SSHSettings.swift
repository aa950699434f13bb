/// How a host is reached: the inventory's `ssh` settings, overridden by those of the host.
package struct SSHSettings: Hashable, Sendable {
  /// The way in, if it is not the address of the host's services.
  package var address: SSHAddress?
  package var user: UserName
  package var port: Port
  /// Private key files on the controller, tried in order.
  ///
  /// Empty means the agent and the usual files.
  package var identities: [LocalPath]
  package var knownHosts: LocalPath
  package var become: Become
  /// The hosts to go through, the nearest first.
  package var jumps: [JumpHost]
  package var config: ConfigFile
  package var transport: Transport
  package var hostKeyChecking: HostKeyChecking
  /// The only keys that the host may present; if empty, known_hosts decides.
  package var hostKeys: [HostKeyText]
  /// For servers that ask for one; nil if only keys are used.
  package var password: PassphraseSource?
  /// The settings that are written in the inventory, and so override the user's ssh configuration.
  package var given: Set<Given>

  /// A setting that the user's ssh configuration can have too, and that is taken from there if the
  /// inventory does not set it. A port is never taken from there: a different one is refused.
  package enum Given: String, Hashable, Sendable, CaseIterable {
    case user, port, identity, jump
    case knownHosts = "known_hosts"
    case hostKeyChecking = "host_key_checking"
  }

  /// The configuration of OpenSSH's client that is used for each host.
  package enum ConfigFile: Hashable, Sendable {
    /// `~/.ssh/config` and the system's file.
    case usual
    case none
    case file(LocalPath)
  }

  /// The SSH client that connects to a host.
  package enum Transport: String, Hashable, Sendable, CaseIterable {
    case builtin
    /// The system's `ssh`, with one master connection for each host.
    case openSSH = "openssh"
  }

  /// What happens with hosts that are not in known_hosts.
  package enum HostKeyChecking: String, Hashable, Sendable, CaseIterable {
    /// Only hosts that are in known_hosts.
    case strict
    /// A new host is recorded in known_hosts; one whose key changed is still refused.
    case acceptNew = "accept_new"
  }

  package init(
    address: SSHAddress? = nil, user: UserName = .root, port: Port = .ssh,
    identities: [LocalPath] = [],
    knownHosts: LocalPath = .userKnownHosts, become: Become = .none, jumps: [JumpHost] = [],
    config: ConfigFile = .usual, transport: Transport = .builtin,
    hostKeyChecking: HostKeyChecking = .strict, hostKeys: [HostKeyText] = [],
    password: PassphraseSource? = nil, given: Set<Given> = []
  ) {
    self.address = address
    self.user = user
    self.port = port
    self.identities = identities
    self.knownHosts = knownHosts
    self.become = become
    self.jumps = jumps
    self.config = config
    self.transport = transport
    self.hostKeyChecking = hostKeyChecking
    self.hostKeys = hostKeys
    self.password = password
    self.given = given
  }
}

/// How the SSH user becomes root on a host.
package enum Become: String, Hashable, Sendable, CaseIterable {
  /// The SSH user is root.
  case none
  /// With `sudo -n`, which must not ask for a password.
  case sudo
}
