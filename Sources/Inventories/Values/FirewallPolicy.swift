package import Fleet

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

/// Traffic of the user's own that the firewall lets in.
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
