package import Fleet

extension FleetState {
  /// Records the certificates of releases that were never confirmed: otherwise only the copy of the state
  /// that issued them knows about them, although their keys were on the hosts.
  ///
  /// The manifest of such a release is accepted if this fleet's key signed it for that host.
  package mutating func takeInDiscarded(_ survey: Survey, at now: Timestamp) {
    dropExpired(at: now)
    for (host, result) in survey.sorted(by: { $0.key < $1.key }) {
      guard case .observed(let observation) = result else { continue }
      for shown in observation.discardedManifests {
        guard case .valid(let key) = shown.signature, let manifest = shown.manifest,
          manifest.host == host, manifest.fleet == fleet, manifest.lineage == lineage,
          !fleetKeys.hasReplaced(key)
        else { continue }
        recordIssued(manifest.knowledge.issued)
        learn(manifest.knowledge.revocations)
      }
    }
  }
}
