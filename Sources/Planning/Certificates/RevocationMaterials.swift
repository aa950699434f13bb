import Fleet
import Inventories
import Nginx
import State

extension ReleaseDraft {
  /// The lists of the trusted CAs, or those that the host has, as long as it is to refuse what
  /// it does.
  var revocationLists: PlannedFile? {
    guard let refuses = endpoint.refuses else { return nil }
    let path = ReleasePath.revocationLists.relative
    if refuses != input.desired.materials.refusals(trusting: endpoint.trusts),
      let kept = snapshot.kept(path)
    {
      return kept
    }
    let lists = input.state.caGenerations.filter { endpoint.trusts.contains($0.keyIdentifier) }
      .compactMap { input.desired.materials.revocationLists[$0.keyIdentifier] }
    let above = lists.compactMap(\.above)
    let roots = above.enumerated().filter { above.firstIndex(of: $0.element) == $0.offset }
    return PlannedFile(
      path: path, source: .text((lists.map(\.pem) + roots.map(\.element)).joined()))
  }
}

extension PlannedFleet {
  /// Hosts with revoked certificates, and what that means for their requests.
  static func refused(_ changes: [HostChange]) -> [String] {
    changes.filter(\.isRevoked).map { change in
      if change.isReadmitted {
        return
          "\(change.name) has a revoked certificate: it gets a new one before the others refuse the"
          + " old; if it fails or takes long, they go on without it, and requests that need it fail"
      }
      return change.isHeld
        ? "\(change.name) has a revoked certificate and is given no other in this run: the others"
          + " refuse it from now on"
        : "\(change.name) has a revoked certificate: the others refuse it before it is cleaned"
    }
  }
}

extension PlanningInput {
  /// Whether hosts refuse a certificate, or are to from now on.
  func isRevoked(_ certificate: CertificateRecord) -> Bool {
    state.revocation(of: certificate) != nil
      || desired.materials.revocationLists[certificate.issuerKeyIdentifier]?.serials
        .contains(certificate.serial) == true
  }

  /// Whether a host has a revoked certificate, by what was recorded of it.
  ///
  /// Its own word counts only if it shows a later release than the state knows, which a run brought that
  /// could not write it down. Else it could say that it has nothing, and have the others wait for it.
  func isRevoked(_ host: HostName) -> Bool {
    func isRevoked(_ release: ReleaseRecord) -> Bool {
      release.certificates.values.contains(where: self.isRevoked)
    }
    let recorded = state.hosts[host]?.release
    guard case .observed(let observation) = observed.survey[host],
      let shown = observation.manifest?.release
    else { return recorded.map(isRevoked) ?? false }
    if isRevoked(shown) { return true }
    return recorded.map { isRevoked($0) && $0.number >= shown.number } ?? false
  }
}

extension HostChange {
  /// The change, with what the state says of the host beside what the host shows.
  func judged(by input: PlanningInput) -> HostChange {
    var change = self
    change.isRevoked = input.isRevoked(name)
    let recorded = input.state.hosts[name]?.release.certificates
    let server = recorded?[ReleasePath.certificate(for: .backEnd).relative]
    change.recordedNames = Set(server?.names ?? [])
    return change
  }
}
