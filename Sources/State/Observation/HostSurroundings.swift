package import Fleet

/// What is on a host besides the files of `deploy`: network, sockets, nginx servers and other firewalls.
/// Read from the host program's survey.
package struct HostSurroundings: Hashable, Sendable {
  /// Its addresses, IPv4 and IPv6 (RFC 4291 text, not shortened), without loopback addresses.
  package var addresses: [String] = []
  /// The IPv4 routes of its main table; empty if there are too many to report.
  package var routes: [Route] = []
  /// Listening sockets, except those of the release.
  package var listeners: [Listener] = []
  /// The port of sshd on the host; it differs from `ssh.port` if connections are forwarded.
  package var sshPort: Port?
  /// Whether the kernel has IPv6.
  package var hasIPv6 = true
  /// The `listen` directives of nginx servers outside the release, in the order in which nginx reads them.
  package var nginxListens: [NginxListen] = []
  /// The file and line of a `server_names_hash_bucket_size` outside the release.
  package var namesHash: String?
  /// The process ids of nginx workers whose master process has exited.
  package var orphanedWorkers: [Int] = []
  /// The ports that these workers hold.
  package var orphanedPorts: Set<Int> = []
  /// The source addresses of open SSH connections.
  package var sshSources: [String] = []
  /// Firewall chains of other programs for incoming or forwarded packets, which may drop some.
  package var foreignChains: [ForeignChain] = []
  package var firewallManagers: Set<FirewallManager> = []
  /// Free space of the file system with the releases, in KiB.
  package var freeForReleases: Int?
  /// Free space of the file system in which a transaction works, in KiB.
  package var freeForWork: Int?
  /// The number of nginx workers that are shutting down.
  package var retiringWorkers = 0
  /// The vulnerabilities that the distribution's nginx package has fixed, such as `CVE-2025-23419`.
  package var patchedVulnerabilities: Set<String> = []

  package init() {}

  /// A route of the kernel.
  package struct Route: Hashable, Sendable {
    /// A range of addresses such as `10.0.0.0/24`.
    package var network: String
    /// Nil if the network is on the link.
    package var gateway: String?
    /// The lower metric wins.
    package var metric: Int

    package init(network: String, gateway: String? = nil, metric: Int = 0) {
      self.network = network
      self.gateway = gateway
      self.metric = metric
    }
  }

  /// A listening socket on the host, outside the release; found by the survey.
  package struct Listener: Hashable, Sendable {
    /// The protocol of a listening socket: TCP, UDP, or all packets of another IP protocol.
    package enum Kind: String, Hashable, Sendable {
      case tcp, udp
      /// A raw socket for all packets of a protocol.
      case raw
    }

    package var kind: Kind
    /// The unspecified address of its family if it listens on every address.
    package var address: String
    /// For a raw socket, the number of the protocol.
    package var port: Int
    /// Nil if it is not known, and for sockets of the kernel, such as WireGuard's.
    package var program: String?

    package init(kind: Kind = .tcp, address: String, port: Int, program: String?) {
      self.kind = kind
      self.address = address
      self.port = port
      self.program = program
    }
  }

  /// A `listen` directive in the nginx configuration on disk.
  package struct NginxListen: Hashable, Sendable {
    package var file: String
    package var line: Int
    /// The text of the directive.
    package var text: String
    /// `0.0.0.0` or `::` for every address of a family; may be a name.
    package var address: String
    package var port: Int
    /// Whether it has the parameter `default_server`.
    package var isDefault: Bool
    package var takesProxyProtocol: Bool
    /// Whether the IPv6 wildcard socket also accepts IPv4.
    package var takesBothFamilies: Bool
    /// Whether nginx reads it after the release.
    package var isBehindRelease: Bool
    /// The names of its server, in lower case; patterns as they are.
    package var names: [String]

    package init(
      file: String, line: Int, text: String, address: String, port: Int, isDefault: Bool = false,
      takesProxyProtocol: Bool = false, takesBothFamilies: Bool = false,
      isBehindRelease: Bool = false, names: [String] = []
    ) {
      self.file = file
      self.line = line
      self.text = text
      self.address = address
      self.port = port
      self.isDefault = isDefault
      self.takesProxyProtocol = takesProxyProtocol
      self.takesBothFamilies = takesBothFamilies
      self.isBehindRelease = isBehindRelease
      self.names = names
    }
  }

  /// A base chain of another program (nft(8), CHAINS).
  package struct ForeignChain: Hashable, Sendable {
    /// The netfilter hook of a base chain: packets to the host, or packets that it forwards.
    package enum Hook: String, Hashable, Sendable {
      case input, forward
    }

    /// The family and name of its table, such as `ip filter`, or `iptables`.
    package var table: String
    package var name: String
    package var hook: Hook
    /// Whether its policy drops packets that no rule accepts.
    package var dropsByDefault: Bool
    /// The rules that drop or reject, in the chain and in the chains that it jumps to.
    package var droppingRules: [String]

    package init(
      table: String, name: String, hook: Hook, dropsByDefault: Bool, droppingRules: [String] = []
    ) {
      self.table = table
      self.name = name
      self.hook = hook
      self.dropsByDefault = dropsByDefault
      self.droppingRules = droppingRules
    }
  }

  /// A program that manages firewall rules.
  package enum FirewallManager: String, Hashable, Sendable, CaseIterable {
    case docker, ufw, firewalld
  }
}
