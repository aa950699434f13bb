/// How a host is reached beyond its address, port and user, in plain values.
///
/// Made from the inventory alone, and in no file: it names commands, keys and files of the controller.
package struct SSHOptions: Hashable, Sendable {
  /// The hosts to go through, the nearest first: `user@host:port`, or less.
  package var jumps: [String]
  /// `~/.ssh/config` where empty, else `none` or the path of a file.
  package var config: String
  /// `builtin` or `openssh`.
  package var transport: String
  /// `strict` or `accept_new`.
  package var hostKeyChecking: String
  /// The only keys that the host may show, as in known_hosts; none leaves it to known_hosts.
  package var hostKeys: [String]
  /// Where a password comes from, never the password: `env NAME`, `file PATH`, `ask`, or `command`
  /// and its words; none where keys alone are used.
  package var password: [String]
  /// Which of `user`, `port`, `identity`, `jump`, `known_hosts` and `host_key_checking` the inventory
  /// gives, so that the controller's ssh configuration has no say in them.
  package var given: [String]
  /// The host that this one is a container of, behind all jumps of its own; none where it is no
  /// container, and never several.
  package var carriers: [Carrier]

  /// A host of the fleet that another is reached through.
  package struct Carrier: Hashable, Sendable {
    package var host: String
    package var address: String
    package var port: Int
    package var user: String
    /// Private key files on the controller.
    package var identities: [String]
    package var knownHosts: String
    package var options: SSHOptions

    package init(
      host: String, address: String, port: Int, user: String, identities: [String],
      knownHosts: String, options: SSHOptions
    ) {
      self.host = host
      self.address = address
      self.port = port
      self.user = user
      self.identities = identities
      self.knownHosts = knownHosts
      self.options = options
    }
  }

  package init(
    jumps: [String] = [], config: String = "", transport: String = "builtin",
    hostKeyChecking: String = "strict", hostKeys: [String] = [], password: [String] = [],
    given: [String] = [], carriers: [Carrier] = []
  ) {
    self.jumps = jumps
    self.config = config
    self.transport = transport
    self.hostKeyChecking = hostKeyChecking
    self.hostKeys = hostKeys
    self.password = password
    self.given = given
    self.carriers = carriers
  }
}
