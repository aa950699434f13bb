package import Fleet

/// What the firewall of each host accepts, and which program loads it (`firewall:`).
package struct FirewallPolicy: Hashable, Sendable {
  /// Whether the firewall guards the whole host or only the sites' ports; `policy` in YAML.
  package enum Scope: String, Hashable, Sendable, CaseIterable {
    /// Everything is dropped except for the listed openings.
    case drop
    /// Only the sites' ports are guarded.
    case sites
  }

  /// The program that loads the rules on a host.
  package enum Engine: String, Hashable, Sendable, CaseIterable {
    case nftables
    /// Together with `ip6tables` for IPv6.
    case iptables
  }

  package var engine: Engine
  package var scope: Scope
  /// Who may reach SSH; empty means everybody.
  package var sshFrom: [AddressRange]
  /// Traffic that is accepted in addition to what the sites need.
  package var allow: [AllowedTraffic]

  package init(
    engine: Engine = .nftables, scope: Scope = .drop, sshFrom: [AddressRange] = [],
    allow: [AllowedTraffic] = []
  ) {
    self.engine = engine
    self.scope = scope
    self.sshFrom = sshFrom
    self.allow = allow
  }
}

/// Additional traffic that the firewall accepts: an entry of `firewall.allow`.
package struct AllowedTraffic: Hashable, Sendable {
  package var traffic: Traffic
  /// Empty means everybody.
  package var from: [AddressRange]

  package init(_ traffic: Traffic, from: [AddressRange] = []) {
    self.traffic = traffic
    self.from = from
  }

  package init(port: Port, from: [AddressRange] = []) {
    self.init(.tcp(PortRange(port)), from: from)
  }
}
