import Fleet
import Inventories
import Nginx
import State

/// The certificates of the private authority that a host has to have.
struct CertificateNeeds {
  let input: PlanningInput
  let host: Host
  let snapshot: Snapshot

  /// Every certificate; those that the host may keep have no reason.
  ///
  /// - Parameter names: what the back-end's certificate is for beside the sites of the inventory.
  func certificates(_ mixture: Mixture, names: Set<String> = []) -> [PlannedCertificate] {
    let published = mixture.use == .new ? input.inventory.sites(publishedBy: host.name) : []
    let served = mixture.service == .old ? [] : input.inventory.sites(servedBy: host.name)
    let own = host.name.text
    var wanted: [PlannedCertificate] = []
    if !published.isEmpty {
      wanted.append(
        planned(.certificate(for: .frontEnd), .key(for: .frontEnd), .client, own, [own]))
    }
    if !served.isEmpty {
      wanted.append(
        planned(
          .certificate(for: .backEnd), .key(for: .backEnd), .server, own,
          names.union([own] + served.map(\.domain.text))))
    }
    for site in published where site.certificate == .authority {
      wanted.append(
        planned(
          .publicCertificate(of: site.domain), .publicKey(of: site.domain), .server,
          site.domain.text, Set([site.domain.text] + site.aliases.map(\.text))))
    }
    return wanted.map(reviewed)
  }

  private func planned(
    _ path: ReleasePath, _ key: ReleasePath, _ purpose: PlannedCertificate.Purpose,
    _ commonName: String, _ names: Set<String>
  ) -> PlannedCertificate {
    let policy = input.inventory.authority.certificates
    return PlannedCertificate(
      path: path.relative, keyPath: key.relative, purpose: purpose,
      commonName: String(commonName.prefix(64)), names: names.sorted(),
      key: policy.key.rawValue, validFor: policy.validFor.seconds)
  }

  private func reviewed(_ wanted: PlannedCertificate) -> PlannedCertificate {
    var certificate = wanted
    let record = snapshot.release?.certificates[certificate.path]
    certificate.replaced = record
    certificate.reason =
      CertificateReview(input: input, host: host.name, snapshot: snapshot)
      .reasonToIssue(certificate, instead: record) ?? ""
    return certificate
  }

  /// What the front-end or the back-end will show; nil where it has no such role.
  func leaf(_ role: Role) -> Endpoint.Leaf? {
    let path = ReleasePath.certificate(for: role).relative
    guard let certificate = certificates(.new).first(where: { $0.path == path }) else { return nil }
    if certificate.reason.isEmpty, let record = certificate.replaced {
      return Endpoint.Leaf(record)
    }
    return Endpoint.Leaf(input.record(of: certificate))
  }
}
