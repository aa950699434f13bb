import Fleet
import Inventories
import Nginx
import State

/// Decides which certificates of the private CA a host needs, and which of them it can keep.
struct CertificateNeeds {
  let context: PlanContext
  let host: Host
  let snapshot: Snapshot

  /// Every certificate of the host: those that it keeps and those that are issued.
  ///
  /// - Parameter names: the names of the back-end's certificate in addition to the inventory's sites.
  func certificates(_ transition: TransitionState, names: Set<String> = []) -> [NeededCertificate] {
    let published =
      transition.use == .new ? context.inventory.sites(publishedBy: host.name) : SiteList()
    let served =
      transition.service == .old ? SiteList() : context.inventory.sites(servedBy: host.name)
    let own = host.name.text
    var needed: [NeededCertificate] = []
    if !published.isEmpty {
      needed.append(
        need(.certificate(for: .frontEnd), .key(for: .frontEnd), .client, own, [own]))
    }
    if !served.isEmpty {
      needed.append(
        need(
          .certificate(for: .backEnd), .key(for: .backEnd), .server, own,
          names.union([own] + served.map(\.domain.text))))
    }
    for site in published where site.certificate == .ca {
      needed.append(
        need(
          .publicCertificate(of: site.domain), .publicKey(of: site.domain), .server,
          site.domain.text, Set([site.domain.text] + site.aliases.map(\.text))))
    }
    return needed
  }

  private func need(
    _ path: ReleasePath, _ key: ReleasePath, _ purpose: PlannedCertificate.Purpose,
    _ commonName: String, _ names: Set<String>
  ) -> NeededCertificate {
    let policy = context.inventory.ca.certificates
    let present = snapshot.certificate(at: path.relative)
    let wanted = CertificateReview.Wanted(
      path: path.relative, keyPath: key.relative, names: names.sorted(), key: policy.key)
    switch CertificateReview(context: context, host: host.name, snapshot: snapshot)
      .decision(on: wanted, instead: present)
    {
    case .keep(let certificate):
      return .kept(path: wanted.path, keyPath: wanted.keyPath, certificate)
    case .issue(let reason):
      return .issued(
        PlannedCertificate(
          path: wanted.path, keyPath: wanted.keyPath, purpose: purpose,
          commonName: String(commonName.prefix(64)), names: wanted.names,
          key: policy.key.rawValue, validFor: policy.validFor.seconds, reason: reason,
          replaced: present))
    }
  }

  /// The certificate that the front-end or the back-end will present; nil if the host lacks the role.
  ///
  /// - Parameter certificates: every certificate of the host.
  func leaf(_ role: Role, among certificates: [NeededCertificate]) -> Endpoint.Leaf? {
    let path = ReleasePath.certificate(for: role).relative
    switch certificates.first(where: { $0.path == path }) {
    case nil: return nil
    case .kept(_, _, let certificate): return Endpoint.Leaf(certificate)
    case .issued(let certificate):
      return Endpoint.Leaf(.issuedByThisRun(context.terms(of: certificate)))
    }
  }
}
