import Nginx
import State

extension ReleaseDraft {
  /// The lists of the trusted authorities, or those that the host has, as long as it is to refuse what
  /// it does.
  var revocationLists: PlannedFile? {
    guard let refuses = endpoint.refuses else { return nil }
    let path = ReleasePath.revocationLists.relative
    if refuses != input.materials.refusals(trusting: endpoint.trusts),
      let kept = snapshot.kept(path)
    {
      return kept
    }
    let lists = input.state.authorities.filter { endpoint.trusts.contains($0.keyIdentifier) }
      .compactMap { input.materials.revocationLists[$0.keyIdentifier] }
    let above = lists.compactMap(\.above)
    let roots = above.enumerated().filter { above.firstIndex(of: $0.element) == $0.offset }
    return PlannedFile(
      path: path, source: .text((lists.map(\.pem) + roots.map(\.element)).joined()))
  }
}

extension PlannedFleet {
  /// Hosts that cannot be given another certificate for one that is refused from now on.
  static func refused(_ changes: [HostChange], _ input: PlanningInput) -> [String] {
    let refused = Set(input.materials.revocationLists.values.flatMap(\.serials))
    return changes.filter { change in
      change.isHeld
        && [change.old.client, change.old.server].contains { leaf in
          leaf.map { refused.contains($0.serial) } ?? false
        }
    }.map {
      "\($0.name) has a revoked certificate and is given no other in this run: the others refuse it"
        + " from now on"
    }
  }
}
