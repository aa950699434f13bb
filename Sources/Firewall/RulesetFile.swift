package import Inventories

/// A file of a release with firewall rules or kernel settings, named relative to the release's
/// folder.
package struct RulesetFile: Hashable, Sendable {
  package let name: String
  package let text: String

  /// The names of an engine's files with rules; the host program knows which command reads which.
  package static func names(for engine: FirewallPolicy.Engine) -> [String] {
    switch engine {
    case .nftables: ["firewall.nft"]
    case .iptables: ["firewall.iptables", "firewall.ip6tables"]
    }
  }
}

extension Ruleset {
  /// The files for the host's engine, and the kernel settings that published ports need.
  package var files: [RulesetFile] {
    zip(RulesetFile.names(for: engine), texts).map { RulesetFile(name: $0, text: $1) } + settings
  }

  /// Kernel settings in the format of sysctl.conf(5).
  private var settings: [RulesetFile] {
    guard !publications.isEmpty else { return [] }
    let text = """
      \(head)
      # Packets to published ports pass through the host.
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
        # For iptables-restore --noflush: only this chain is replaced.

        \(IPTables(table: table, family: family).text)
        """
      }
    }
  }
}
