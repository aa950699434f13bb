/// What each host's firewall lets in.
package struct FirewallPolicy: Hashable, Sendable {
  package enum Scope: String, Hashable, Sendable, CaseIterable {
    /// The whole host but what is listed.
    case drop
    /// Only the sites' ports are guarded.
    case sites
  }

  package enum Engine: String, Hashable, Sendable, CaseIterable {
    case nftables
    /// With its twin for IPv6, `ip6tables`.
    case iptables
  }

  package var engine: Engine
  package var scope: Scope
  /// Who may reach SSH; empty means everybody.
  package var sshFrom: [AddressRange]
  package var allow: [AllowedPort]

  package init(
    engine: Engine = .nftables, scope: Scope = .drop, sshFrom: [AddressRange] = [],
    allow: [AllowedPort] = []
  ) {
    self.engine = engine
    self.scope = scope
    self.sshFrom = sshFrom
    self.allow = allow
  }
}

/// A TCP port of the user's own that the firewall leaves open.
package struct AllowedPort: Hashable, Sendable {
  package var port: Port
  /// Empty means everybody.
  package var from: [AddressRange]

  package init(port: Port, from: [AddressRange] = []) {
    self.port = port
    self.from = from
  }
}
