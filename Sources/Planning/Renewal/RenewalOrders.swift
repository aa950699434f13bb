import Fleet
import Inventories
import Nginx
import State

/// The certificates of sites that are due and are ordered again, with the names, the kind of key and the profile that they
/// have.
struct RenewalOrders {
  /// In the order of the sites.
  private(set) var orders: [CertificateOrder] = []
  /// Why certificates that are due cannot be ordered, by the hosts that have them.
  private(set) var blockers: [HostName: [String]] = [:]

  init(_ context: PlanContext) {
    for site in context.inventory.sites {
      guard let source = context.inventory.orderSource(of: site),
        let kept = context.materials.siteCertificates[site.domain]?.ordered,
        kept.renewal <= context.input.now
      else { continue }
      let path = ReleasePath.publicCertificate(of: site.domain).relative
      let frontEnds = site.frontEnds.filter {
        context.input.state.hosts[$0]?.release.files[path] != nil
      }
      let selected = frontEnds.filter { name in
        context.inventory.host(named: name).map(context.input.request.selector.matches) ?? false
      }
      guard !selected.isEmpty else { continue }
      if let reason = Self.blocker(of: kept, from: source) {
        for host in selected {
          blockers[host, default: []].append(
            "the certificate of \(site.domain) expires on \(kept.notAfter.date), but \(reason): \"deploy apply\" orders"
              + " another one")
        }
      } else {
        orders.append(Self.order(site, kept, from: source, frontEnds, context.inventory))
      }
    }
    noteFormer(context)
  }

  /// Certificates that hosts still have and that the inventory no longer orders.
  private mutating func noteFormer(_ context: PlanContext) {
    for (site, former) in context.materials.formerOrders.sorted(by: { $0.key < $1.key }) {
      guard let ordered = former.ordered, ordered.renewal <= context.input.now else { continue }
      let shown = context.input.state.hosts(
        showing: context.input.digest(former.certificate), for: site)
      for host in shown {
        blockers[host, default: []].append(
          "the certificate of \(site) expires on \(ordered.notAfter.date), but the inventory no longer orders it:"
            + " \"deploy apply\" changes the site")
      }
    }
  }

  private static func blocker(of kept: OrderedCertificate, from source: OrderSource) -> String? {
    if kept.isRevoked { return "it was revoked" }
    return kept.source == source
      ? nil : "it is from \(kept.source.name), and the inventory names \(source.name)"
  }

  private static func order(
    _ site: Site, _ kept: OrderedCertificate, from source: OrderSource, _ frontEnds: [HostName],
    _ inventory: Inventory
  ) -> CertificateOrder {
    let account = inventory.acmeAccount(of: site)
    var order = CertificateOrder(
      site: site.domain, account: account?.name, from: source, names: kept.names, key: kept.key,
      profile: kept.profile, proof: .none, reason: .due(notAfter: kept.notAfter), waits: [],
      frontEnds: frontEnds)
    if let account { order.proof = account.dns == nil ? .http(frontEnds) : .dns }
    return order
  }
}
