import Firewall
import Inventories
import Nginx

extension FileChange {
  /// Whether the file is part of the host's firewall.
  package var isOfFirewall: Bool { ReleasePart.firewall.contains(path) }

  /// Whether the file is a certificate, a key or a revocation list.
  package var isOfTLS: Bool { ReleasePart.tls.contains(path) }
}

extension Installation {
  /// The folder of certificates, keys and revocation lists, which only root can enter; nil if there are none.
  package var tlsFolder: String? {
    files.contains { ReleasePart.tls.contains($0.path) }
      ? String(ReleasePart.tls.prefix.dropLast()) : nil
  }

  /// The program that loads the release's firewall, `nft` or `iptables`; nil if it has none.
  package var firewallProgram: String? {
    let paths = Set(files.map(\.path))
    return FirewallPolicy.Engine.allCases.first { engine in
      !paths.isDisjoint(with: RulesetFile.names(for: engine))
    }?.tools[0]
  }
}
