package import Inventories

/// A file of a release that has firewall rules, named relative to the release's folder.
package struct RulesetFile: Hashable, Sendable {
  package let name: String
  package let text: String

  /// The names of an engine's files; the hosts' scripts know which program reads which.
  package static func names(for engine: FirewallPolicy.Engine) -> [String] {
    switch engine {
    case .nftables: ["firewall.nft"]
    case .iptables: ["firewall.iptables", "firewall.ip6tables"]
    }
  }
}

extension Ruleset {
  /// What the host's engine reads.
  package var files: [RulesetFile] {
    zip(RulesetFile.names(for: engine), texts).map { RulesetFile(name: $0, text: $1) } + settings
  }

  /// What the kernel must be set to, as sysctl.conf(5) writes it.
  private var settings: [RulesetFile] {
    guard !publications.isEmpty else { return [] }
    let text = """
      \(head)
      # Packets for what is published pass through the host.
      net.ipv4.ip_forward = 1

      """
    return [RulesetFile(name: "firewall.sysctl", text: text)]
  }

  private var texts: [String] {
    let table = Table(self)
    return switch engine {
    case .nftables: [text]
    case .iptables:
      AddressSet.Family.allCases.map { family in
        """
        \(head)
        # Made for iptables-restore --noflush: this chain is replaced, and nothing else is touched.

        \(IPTables(table: table, family: family).text)
        """
      }
    }
  }
}
