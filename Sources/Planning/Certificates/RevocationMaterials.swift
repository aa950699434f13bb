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
    if refuses != context.materials.refusals(trusting: endpoint.trusts),
      let kept = snapshot.kept(path)
    {
      return kept
    }
    return PlannedFile(
      path: path, source: .text(context.revocationLists(trusting: endpoint.trusts)))
  }
}

extension PlanContext {
  /// The file with the revocation lists of CAs and of their roots.
  func revocationLists(trusting trusts: Set<String>) -> String {
    let lists = input.state.caGenerations
      .filter { trusts.contains($0.keyIdentifier) }
      .compactMap { materials.revocationLists[$0.keyIdentifier] }
    let above = lists.compactMap(\.above)
    let roots = above.enumerated().filter { above.firstIndex(of: $0.element) == $0.offset }
    return (lists.map(\.pem) + roots.map(\.element)).joined()
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

extension HostChange {
  /// The change with what the state has recorded about the host added.
  func judged(by context: PlanContext) -> HostChange {
    var change = self
    change.isRevoked = context.isRevoked(name)
    let recorded = context.input.state.hosts[name]?.release.certificates
    let server = recorded?[ReleasePath.certificate(for: .backEnd).relative]
    change.recordedNames = Set(server?.names ?? [])
    return change
  }
}
