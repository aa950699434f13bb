package import Fleet

/// What is on a host beside what `deploy` put there, as far as the host could tell.
package struct HostSurroundings: Hashable, Sendable {
  /// The addresses that others may reach it at, IPv4 and IPv6 (RFC 4291 text, not shortened).
  package var addresses: [String] = []
  /// The IPv4 routes of its main table; empty if there are too many to tell.
  package var routes: [Route] = []
  /// Sockets that listen, but for those of the release.
  package var listeners: [Listener] = []
  /// The port of sshd as the host has it; another one than the controller's where the way forwards it.
  package var sshPort: Port?
  /// Whether the kernel has IPv6.
  package var hasIPv6 = true
  /// Where servers of nginx listen that are not the release's, in the order in which nginx reads them.
  package var nginxListens: [NginxListen] = []
  /// The file and line where its nginx has a `server_names_hash_bucket_size` of its own.
  package var namesHash: String?
  /// Workers of nginx whose master is gone, by the numbers of their processes.
  package var orphanedWorkers: [Int] = []
  /// The ports that they hold.
  package var orphanedPorts: Set<Int> = []
  /// From where SSH connections are open to that port.
  package var sshSources: [String] = []
  /// Chains that others hooked into the packets that come in or pass through, and that may drop some.
  package var foreignChains: [ForeignChain] = []
  package var firewallManagers: Set<FirewallManager> = []
  /// KiB that are free where releases are kept.
  package var freeForReleases: Int?
  /// KiB that are free where a transaction works.
  package var freeForWork: Int?
  /// Workers of nginx that only finish what they have begun.
  package var retiringWorkers = 0
  /// The holes that the distribution's package of nginx is said to have closed, such as `CVE-2025-23419`.
  package var patchedVulnerabilities: Set<String> = []

  package init() {}

  /// A way that packets take.
  package struct Route: Hashable, Sendable {
    /// A range of addresses such as `10.0.0.0/24`.
    package var network: String
    /// Nil where the network is on the link itself.
    package var gateway: String?
    /// The lower one wins.
    package var metric: Int

    package init(network: String, gateway: String? = nil, metric: Int = 0) {
      self.network = network
      self.gateway = gateway
      self.metric = metric
    }
  }

  /// A socket that takes what others send to it first.
  package struct Listener: Hashable, Sendable {
    package enum Kind: String, Hashable, Sendable {
      case tcp, udp
      /// One for all packets of a protocol.
      case raw
    }

    package var kind: Kind
    /// The unspecified address of its family for every address.
    package var address: String
    /// The number of the protocol, for a raw socket.
    package var port: Int
    /// Empty where it is not known, and for a socket of the kernel's own, such as WireGuard's.
    package var program: String

    package init(kind: Kind = .tcp, address: String, port: Int, program: String) {
      self.kind = kind
      self.address = address
      self.port = port
      self.program = program
    }
  }

  /// A `listen` directive of nginx's configuration on the disk.
  package struct NginxListen: Hashable, Sendable {
    package var file: String
    package var line: Int
    /// The directive as it stands there.
    package var text: String
    /// `0.0.0.0` or `::` for every address of a family; may be a name.
    package var address: String
    package var port: Int
    /// Whether it says so.
    package var isDefault: Bool
    package var takesProxyProtocol: Bool
    /// Whether the socket for every IPv6 address takes IPv4 too.
    package var takesBothFamilies: Bool
    /// Whether nginx reads it behind the release.
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

  /// A base chain of another's rules (nft(8), CHAINS).
  package struct ForeignChain: Hashable, Sendable {
    package enum Hook: String, Hashable, Sendable {
      case input, forward
    }

    /// Its family and name as the program says it, such as `ip filter`, or `iptables`.
    package var table: String
    package var name: String
    package var hook: Hook
    /// Whether it drops what none of its rules accepts.
    package var dropsByDefault: Bool
    /// Those of its rules that drop or reject, and of the chains that it leads to.
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

  /// A program that keeps rules of its own.
  package enum FirewallManager: String, Hashable, Sendable, CaseIterable {
    case docker, ufw, firewalld
  }
}
