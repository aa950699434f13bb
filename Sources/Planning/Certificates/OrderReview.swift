import Fleet
import Inventories
import Nginx
import State

/// Decides which sites' certificates a run orders, and which front-ends have to change before.
struct OrderReview {
  let context: PlanContext
  /// The plan of each selected host.
  private let plans: [HostName: HostPlan]

  init(_ context: PlanContext, _ plans: [HostPlan]) {
    self.context = context
    self.plans = Dictionary(plans.map { ($0.host, $0) }) { $1 }
  }

  /// In the order of the sites; none for sites without a selected front-end.
  var orders: [CertificateOrder] {
    context.inventory.sites.compactMap { site in
      let account = context.inventory.acmeAccount(of: site)
      guard let source = context.inventory.orderSource(of: site),
        site.frontEnds.contains(where: { plans[$0] != nil }),
        let reason = reason(for: site, from: source, account)
      else { return nil }
      var order = CertificateOrder(
        site: site.domain, account: account?.name, from: source,
        names: site.orderedNames, key: account?.key, profile: site.acme?.profile, proof: .none,
        reason: reason, waits: [], frontEnds: site.frontEnds)
      if let account {
        order.proof = account.dns == nil ? .http(site.frontEnds) : .dns
        order.waits = account.dns == nil ? site.frontEnds.filter { !answers($0, site) } : []
      }
      return order
    }
  }

  private func reason(
    for site: Site, from source: OrderSource, _ account: ACMEAccount?
  ) -> CertificateOrder.Reason? {
    guard let kept = context.materials.siteCertificates[site.domain]?.ordered else {
      return .first
    }
    let names = Set(site.orderedNames), present = Set(kept.names)
    if names != present {
      return .names(
        added: names.subtracting(present).sorted(), removed: present.subtracting(names).sorted())
    }
    if kept.isRevoked { return .revoked }
    if kept.source != source {
      return .changed("the present one is from \(kept.source.name)")
    }
    if let account, let key = kept.key, key != account.key {
      return .changed("the key of the present one is \(key.rawValue)")
    }
    if kept.profile != site.acme?.profile {
      return .changed("the present one has the profile \(kept.profile ?? "of the server's choice")")
    }
    return kept.renewal <= context.input.now ? .due(notAfter: kept.notAfter) : nil
  }

  /// Whether a front-end answers the site's challenges already, with every name.
  private func answers(_ host: HostName, _ site: Site) -> Bool {
    let path = ReleasePath.configuration(of: site.domain, as: .frontEnd).relative
    switch plans[host]?.outcome {
    case .unchanged: return context.materials.thumbprints[site.acme?.account ?? .default] != nil
    case .steps(let steps): return !steps.contains { $0.changes.contains { $0.path == path } }
    case .held, nil:
      // Nothing is known but what an earlier run installed; it answers if a certificate was ordered then.
      return context.materials.siteCertificates[site.domain]?.ordered != nil
        && context.input.state.hosts[host]?.release.files[path] != nil
    }
  }
}
