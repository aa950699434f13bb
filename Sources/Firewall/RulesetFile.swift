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
    zip(RulesetFile.names(for: engine), texts).map { RulesetFile(name: $0, text: $1) }
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
