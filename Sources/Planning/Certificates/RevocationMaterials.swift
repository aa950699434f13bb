import Fleet
import Inventories
import Nginx
import State

extension ReleaseDraft {
  /// The file with the revocation lists of the trusted CAs; the host's present file if the certificates
  /// that it refuses do not change in this step.
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
  /// The warnings about hosts with revoked certificates, and what that means for their requests.
  static func refused(_ changes: [HostChange]) -> [String] {
    changes.filter(\.isRevoked).map { change in
      if change.isReadmitted {
        return
          "\(change.name) has a revoked certificate: it gets a new one before the other hosts refuse the"
          + " old one. If that fails or takes too long, the run continues without it, and requests that"
          + " need it fail"
      }
      return change.isHeld
        ? "\(change.name) has a revoked certificate and gets no new one in this run: the other hosts"
          + " refuse it from now on"
        : "\(change.name) has a revoked certificate: the other hosts refuse it before it is cleaned up"
    }
  }
}

extension PlanningInput {
  /// Whether hosts refuse a certificate, or will from this run on.
  func isRevoked(_ certificate: CertificateRecord) -> Bool {
    state.revocation(of: certificate) != nil
      || desired.materials.revocationLists[certificate.issuerKeyIdentifier]?.serials
        .contains(certificate.serial) == true
  }

  /// Whether a host has a revoked certificate, according to the state.
  ///
  /// What the host itself reports counts only if its release is later than the recorded one, because a
  /// run that was interrupted may have installed it. Otherwise a compromised host could report that it
  /// has nothing, and the other hosts would wait for it.
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
  /// The change with what the state has recorded about the host added.
  func judged(by input: PlanningInput) -> HostChange {
    var change = self
    change.isRevoked = input.isRevoked(name)
    let recorded = input.state.hosts[name]?.release.certificates
    let server = recorded?[ReleasePath.certificate(for: .backEnd).relative]
    change.recordedNames = Set(server?.names ?? [])
    return change
  }
}
