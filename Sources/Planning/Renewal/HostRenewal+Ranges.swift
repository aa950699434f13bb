import Firewall
import Fleet
import Inventories
import Nginx
import State

/// The address ranges of known content networks, from which a host takes visitors' addresses and which its firewall admits.
extension HostRenewal {
  /// Brings newer ranges of the networks that the host's release uses already.
  func renewRanges(of present: ReleaseRecord, _ renewed: inout Renewed) {
    let openings = openings(instead: present.facts.openings)
    if openings != present.facts.openings {
      // Addresses that the firewall does not admit are not trusted either: both are left to an apply, which the
      // warnings say.
      guard let openings, hasFirewall(present, opening: present.facts.openings) else { return }
      for file in firewall(opening: openings, present) {
        renewed.files[file.name] = PlannedFile(path: file.name, source: .text(file.text))
      }
      renewed.openings = openings
    }
    for file in realAddresses(ofKnownNetworksOn: host, in: context.inventory) {
      replace(file.path, with: file.text, of: present, &renewed)
    }
  }

  /// The present openings, with the ranges that networks have now for visitors. Nil if the inventory
  /// has other sites for the host, or one without a known network.
  private func openings(instead present: [Opening]) -> [Opening]? {
    guard present.contains(where: \.isForNetworks) else { return present }
    let sites = context.inventory.sites(publishedBy: host.name)
    let isKnown = sites.allSatisfy { if case .known = $0.network { true } else { false } }
    guard !sites.isEmpty, isKnown else { return nil }
    let wanted = facts.ruleset.openings
    var openings = present
    for (index, opening) in present.enumerated() where opening.isForNetworks {
      // What the inventory admits besides is changed by an apply only.
      guard opening.isForNetworksAlone,
        let new = wanted.first(where: { $0.target == opening.target && $0.why == opening.why })
      else { return nil }
      openings[index] = new
    }
    return openings
  }

  private func firewall(opening openings: [Opening], _ present: ReleaseRecord) -> [RulesetFile] {
    facts.ruleset.replacing(openings: openings, publications: present.facts.publications).files
  }

  /// Whether the firewall of the release is what the inventory makes of these openings: then it differs in nothing else.
  private func hasFirewall(_ present: ReleaseRecord, opening openings: [Opening]) -> Bool {
    let files = firewall(opening: openings, present)
    return Set(files.map(\.name)) == Set(present.files.keys.filter(ReleasePart.firewall.contains))
      && files.allSatisfy { snapshot.isInstalled($0.name, context.input.digest($0.text)) }
  }
}
