import Fleet
import Inventories
import Nginx
import State

/// The certificates of sites that are due and are ordered again, with the names, the kind of key and the profile that they
/// have, for the hosts that have them.
struct RenewalOrders {
  /// Sorted by site.
  private(set) var orders: [CertificateOrder] = []
  /// Why certificates that are due cannot be ordered, by site.
  private(set) var blocked: [DomainName: String] = [:]

  private let context: PlanContext

  init(_ context: PlanContext) {
    self.context = context
    let materials = context.materials
    let known = materials.formerOrders.merging(materials.siteCertificates) {
      $1.ordered == nil ? $0 : $1
    }
    for (domain, material) in known.sorted(by: { $0.key < $1.key }) {
      guard let kept = material.ordered, kept.renewal <= context.input.now else { continue }
      review(domain, material, kept)
    }
  }

  private mutating func review(
    _ domain: DomainName, _ material: Materials.SiteCertificate, _ kept: OrderedCertificate
  ) {
    let all = hosts(with: domain)
    let digest = context.input.digest(material.certificate)
    let having = all.filter { $0.digest == digest || kept.replaced[$0.digest] != nil }.map(\.host)
    guard (having.isEmpty ? all.map(\.host) : having).contains(where: isSelected) else { return }
    let site = context.inventory.sites.first { $0.domain == domain }
    let source = site.flatMap { context.inventory.orderSource(of: $0) }
    let due = "it expires on \(kept.notAfter.date), but "
    if having.isEmpty {
      guard source != nil else { return }
      blocked[domain] =
        "\(due)the hosts that serve the site have another one, which was not ordered: \"deploy apply\" replaces that"
    } else if let site, let source {
      if let blocker = blocker(of: kept, from: source, site, having) {
        blocked[domain] = due + blocker
      } else {
        orders.append(order(site, kept, from: source, having))
      }
    } else if !isProvided(domain, digest) {
      blocked[domain] =
        "\(due)the inventory no longer orders it: \"deploy apply\" changes \(having.listed())"
    }
  }

  /// The hosts of the inventory whose releases have a certificate of a site that is not from the fleet's CA, with its digest.
  private func hosts(with domain: DomainName) -> [(host: HostName, digest: String)] {
    let path = ReleasePath.publicCertificate(of: domain).relative
    return context.inventory.hosts.compactMap { host in
      guard let release = context.input.state.hosts[host.name]?.release,
        let file = release.files[path], release.certificates[path] == nil
      else { return nil }
      return (host.name, file.digest)
    }
  }

  private func isSelected(_ name: HostName) -> Bool {
    context.inventory.host(named: name).map(context.input.request.selector.matches) ?? false
  }

  /// Whether the user provides the certificate now that was ordered once.
  private func isProvided(_ domain: DomainName, _ digest: String) -> Bool {
    context.materials.siteCertificates[domain].map {
      context.input.digest($0.certificate) == digest
    } ?? false
  }

  private func blocker(
    of kept: OrderedCertificate, from source: OrderSource, _ site: Site, _ hosts: [HostName]
  ) -> String? {
    if kept.isRevoked { return "it was revoked: \"deploy apply\" orders another one" }
    guard kept.source == source else {
      return
        "it is from \(kept.source.name), and the inventory names \(source.name): \"deploy apply\" orders another one"
    }
    guard kept.isOfPresentAccount else {
      return "the inventory names another account: \"deploy apply\" changes it"
    }
    let silent = hosts.filter { !answersChallenges($0, for: site) }
    return silent.isEmpty
      ? nil
      : "\(silent.listed()) does not answer the challenges of the account that the inventory names: \"deploy apply\""
        + " changes that"
  }

  /// Whether the present configuration of a host answers them; assumed of a host that was not asked.
  private func answersChallenges(_ name: HostName, for site: Site) -> Bool {
    guard let account = context.inventory.acmeAccount(of: site), account.dns == nil,
      case .observed(let observation) = context.input.observed.survey[name],
      let text = observation.texts[
        ReleasePath.configuration(of: site.domain, as: .frontEnd).relative]
    else { return true }
    return context.materials.thumbprints[account.name].map { text.contains($0.text) } ?? false
  }

  private func order(
    _ site: Site, _ kept: OrderedCertificate, from source: OrderSource, _ frontEnds: [HostName]
  ) -> CertificateOrder {
    let account = context.inventory.acmeAccount(of: site)
    var order = CertificateOrder(
      site: site.domain, account: account?.name, from: source, names: kept.names, key: kept.key,
      profile: kept.profile, proof: .none, reason: .due(notAfter: kept.notAfter), waits: [],
      frontEnds: frontEnds)
    if let account { order.proof = account.dns == nil ? .http(frontEnds) : .dns }
    return order
  }
}
