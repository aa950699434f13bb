/// One host of a throw-away fleet.
package struct SandboxHost: Hashable, Sendable {
  /// What runs on a host besides sshd and nginx.
  package enum System: String, Hashable, Sendable, CaseIterable {
    /// The machine's own programs, without a service manager.
    case plain
    /// A small Debian with systemd as its first process.
    case systemd
  }

  /// The sudo rights of a user other than root.
  package enum Sudo: String, Hashable, Sendable, CaseIterable {
    case passwordless
    /// With a password that no one knows.
    case password
    case none
  }

  package var name: String
  package var system: System
  /// IPv4 and IPv6 addresses; each can be reached from every other host. A container
  /// has one IPv4 address, which only its host reaches.
  package var addresses: [String]
  package var sshPort: Int
  /// The user who can log in with the box's key; users other than root are created.
  package var user: String
  package var sudo: Sudo
  /// Text files of the host, by absolute path.
  package var pages: [String: String]
  /// nginx is not installed.
  package var isBare: Bool
  /// The host has its addresses, but its sshd does not run.
  package var isDown: Bool
  /// Size of the file system at `/etc/deploy` in bytes; nil for no limit.
  package var deployDiskSize: Int?
  /// The host that this one is a container of: between it and the fleet is a network of that host,
  /// in which the host has the address that ends in 1. Nil for a host of the fleet's network.
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

/// The controller as the fleet sees it: this machine, in a separate network.
package struct SandboxController: Hashable, Sendable {
  /// Its addresses on the fleet's network.
  package var addresses: [String]
  /// Private key files that the inventory names: absolute, or below `~/`. Inside the box each of them is
  /// the box's own key; the files outside stay as they are.
  package var identities: [String]
  /// Known hosts files: inside the box, each contains the fleet's host keys instead.
  package var knownHosts: [String]
  /// Public keys, one line each, that can log in besides the box's own.
  package var authorizedKeys: [String]
  /// Files and folders that are hidden from hosts, besides every home and the current folder.
  package var hiddenPaths: [String]

  /// The default addresses are the last of RFC 2544's and RFC 5180's benchmarking ranges.
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

/// The place in the box where a command runs.
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

/// The result of a command that ran in a ``Sandbox``; ``SandboxCommand/wait()`` returns it.
package struct CommandOutput: Hashable, Sendable {
  /// The exit status, or 128 and the number of the signal that ended it.
  package var status: Int32
  package var stdout: String
  package var stderr: String
}
