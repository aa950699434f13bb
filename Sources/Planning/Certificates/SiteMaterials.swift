import Fleet
import Inventories
import Nginx
package import State

extension Inventory {
  /// The inventory without stapling for sites whose certificate names no OCSP responder, and those sites.
  func stapling(what materials: Materials) -> (Inventory, without: [DomainName]) {
    let without = sites.filter {
      $0.stapling != nil && materials.unread[$0.domain] == nil && !$0.hasResponder(in: materials)
    }
    guard !without.isEmpty else { return (self, []) }
    let inventory = changingSites { site in
      if without.contains(where: { $0.domain == site.domain }) { site.stapling = nil }
    }
    return (inventory, without.map(\.domain))
  }
}

extension Site {
  /// Whether only a content network connects to its front-ends, which may trust a private CA.
  package var isBehindNetwork: Bool { network != nil || originPulls != nil }

  /// For a certificate that another program keeps on the hosts, nginx itself finds the responder.
  fileprivate func hasResponder(in materials: Materials) -> Bool {
    switch certificate {
    case .files, .acme, .command: materials.siteCertificates[domain]?.namesResponder ?? false
    case .installed: true
    case .ca: false
    }
  }
}

extension ReleaseDraft {
  /// The files with foreign CA certificates that a site of this host trusts, each for one purpose.
  var issuers: [PlannedFile] {
    context.inventory.sites(publishedBy: host.name).flatMap { site -> [PlannedFile] in
      // Not together with origin pulls: nginx would accept client certificates of these CAs too.
      let chain = site.originPulls == nil ? site.stapling?.chain : nil
      return [
        (ReleasePath.originPullCA(of: site.domain), site.originPulls),
        (ReleasePath.staplingChain(of: site.domain), chain),
      ].compactMap { path, file in
        guard let file else { return nil }
        guard let text = context.materials.issuers[file.path] else {
          return unread(file, path.relative, of: site.domain)
        }
        return PlannedFile(
          path: path.relative, source: .text(text), origin: PlannedFile.Origin(file))
      }
    }
  }
}

extension Materials {
  /// What is wrong with certificates that no visitor could use, but for those that hosts show already: they do not stop
  /// other repairs, and nothing good is replaced by them.
  package func newFaults(
    besides state: FleetState, _ digest: (String) -> String
  ) -> [String] {
    let faulty = siteCertificates.filter { !$0.value.faults.isEmpty }
    guard !faulty.isEmpty else { return [] }
    let shown = state.shownSiteCertificates
    return faulty.sorted { $0.key < $1.key }.flatMap { _, material in
      shown.contains(digest(material.certificate)) ? [] : material.faults
    }
  }

  /// Takes certificates that are no longer ordered for certificates of their sites, if hosts still show them.
  package mutating func keepFormerOrders(shownBy state: FleetState, _ digest: (String) -> String) {
    for (site, former) in formerOrders where siteCertificates[site] == nil {
      guard !state.hosts(showing: digest(former.certificate), for: site).isEmpty else { continue }
      siteCertificates[site] = former
    }
  }

  /// What visitors of sites would refuse in the certificates.
  package var certificateWarnings: [String] {
    siteCertificates.sorted { $0.key < $1.key }.flatMap(\.value.warnings)
  }
}

extension DesiredFleet {
  var staplingWarnings: [String] {
    unstapled.map {
      "the certificate of \($0) names no OCSP responder, so nothing is stapled: remove \"stapling\""
        + " from the site"
    }
  }

  /// A warning for each content network whose recorded address ranges are old.
  func networkWarnings(at now: Timestamp) -> [String] {
    inventory.usedNetworks.compactMap { network in
      let ranges = inventory.published(network)
      guard let published = ranges.publishedAt else {
        preconditionFailure("\(ranges.date) is not a date. This is a bug in deploy.")
      }
      let days = published.days(until: now)
      guard days > Self.trustedDays else { return nil }
      return
        "the address ranges of \(network.rawValue) are \(days) days old (\(ranges.date)): update them"
        + " with \"deploy cdn update\""
    }
  }

  private static let trustedDays: Int64 = 180
}
