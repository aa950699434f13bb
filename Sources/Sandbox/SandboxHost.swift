/// One host of a throw-away fleet.
package struct SandboxHost: Hashable, Sendable {
  /// What runs on a host beside its services.
  package enum System: String, Hashable, Sendable, CaseIterable {
    /// This machine's own programs, with nothing that looks after them.
    case plain
    /// A small Debian with systemd as its first process.
    case systemd
  }

  /// What a user other than root may do as root.
  package enum Sudo: String, Hashable, Sendable, CaseIterable {
    case passwordless
    /// For a password, which nobody knows.
    case password
    case none
  }

  package var name: String
  package var system: System
  /// IPv4 and IPv6 addresses in any mixture; every one is reachable from every other host. A container
  /// has one of IPv4, which its host alone reaches.
  package var addresses: [String]
  package var sshPort: Int
  /// Who may log in with the box's key; other users than root are made.
  package var user: String
  package var sudo: Sudo
  /// Text files of the host, by absolute path.
  package var pages: [String: String]
  /// nginx is not installed.
  package var isBare: Bool
  /// The host has its addresses but no sshd.
  package var isDown: Bool
  /// Bytes of the file system at `/etc/deploy`; nil for as much as the machine has.
  package var deployDiskSize: Int?
  /// The host that this one is a container of: a network of the host's own is between it and the fleet,
  /// in which the host is the address that ends in 1. Nil for a host of the fleet's network.
  package var containerHost: String?

  package init(
    name: String, system: System = .plain, addresses: [String], sshPort: Int = 22,
    user: String = "root", sudo: Sudo = .passwordless, pages: [String: String] = [:],
    isBare: Bool = false, isDown: Bool = false, deployDiskSize: Int? = nil,
    containerHost: String? = nil
  ) {
    self.name = name
    self.system = system
    self.addresses = addresses
    self.sshPort = sshPort
    self.user = user
    self.sudo = sudo
    self.pages = pages
    self.isBare = isBare
    self.isDown = isDown
    self.deployDiskSize = deployDiskSize
    self.containerHost = containerHost
  }
}

/// The machine that deploys, as the fleet sees it: this one, in a network of its own.
package struct SandboxController: Hashable, Sendable {
  /// Its addresses on the fleet's network.
  package var addresses: [String]
  /// Private key files that the inventory names: absolute, or below `~/`. Inside the box each is
  /// the box's own key; the files outside stay as they are.
  package var identities: [String]
  /// Known hosts files likewise: inside the box each holds the fleet's host keys.
  package var knownHosts: [String]
  /// Public keys, one line each, that may log in beside the box's own.
  package var authorizedKeys: [String]
  /// Files and folders no host may see, beside every home and the current folder.
  package var hiddenPaths: [String]

  /// The addresses are the last of RFC 2544's and RFC 5180's benchmarking ranges.
  package init(
    addresses: [String] = ["198.18.255.254", "2001:2::ffff"], identities: [String] = [],
    knownHosts: [String] = [], authorizedKeys: [String] = [], hiddenPaths: [String] = []
  ) {
    self.addresses = addresses
    self.identities = identities
    self.knownHosts = knownHosts
    self.authorizedKeys = authorizedKeys
    self.hiddenPaths = hiddenPaths
  }
}

/// Where in the box a command runs.
package enum SandboxPlace: Hashable, Sendable, CustomStringConvertible {
  case controller
  case host(String)

  package var description: String {
    switch self {
    case .controller: "the controller"
    case .host(let name): name
    }
  }
}

/// What a command in the box left.
package struct CommandOutput: Hashable, Sendable {
  /// The exit status, or 128 and the number of the signal that ended it.
  package var status: Int32
  package var stdout: String
  package var stderr: String
}
