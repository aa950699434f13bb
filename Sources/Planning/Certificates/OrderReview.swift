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
      guard let wanted = wanted(for: site), site.frontEnds.contains(where: { plans[$0] != nil }),
        let reason = reason(for: site, wanted)
      else { return nil }
      var order = CertificateOrder(
        site: site.domain, account: wanted.account?.name, from: wanted.source,
        names: site.orderedNames, proof: .none, reason: reason, waits: [],
        frontEnds: site.frontEnds)
      if let account = wanted.account {
        order.proof = account.dns == nil ? .http(site.frontEnds) : .dns
        order.waits = account.dns == nil ? site.frontEnds.filter { !answers($0, site) } : []
      }
      return order
    }
  }

  /// Where the certificate of a site should come from.
  private struct Wanted {
    var source: OrderSource
    var account: ACMEAccount?
  }

  private func wanted(for site: Site) -> Wanted? {
    switch site.certificate {
    case .files, .installed, .ca: return nil
    case .command(let words): return Wanted(source: .command(words))
    case .acme(let acme):
      guard let account = context.inventory.acme[acme.account] else {
        preconditionFailure("There is no account \(acme.account). This is a bug in deploy.")
      }
      return Wanted(source: .acme(account.directory), account: account)
    }
  }

  private func reason(for site: Site, _ wanted: Wanted) -> CertificateOrder.Reason? {
    guard let kept = context.materials.siteCertificates[site.domain]?.ordered else {
      return .first
    }
    let names = Set(site.orderedNames), present = Set(kept.names)
    if names != present {
      return .names(
        added: names.subtracting(present).sorted(), removed: present.subtracting(names).sorted())
    }
    if kept.isRevoked { return .revoked }
    if kept.source != wanted.source {
      return .changed("the present one is from \(kept.source.name)")
    }
    if let account = wanted.account, let key = kept.key, key != account.key {
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
