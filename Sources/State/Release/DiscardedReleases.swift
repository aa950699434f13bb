package import Fleet

extension FleetState {
  /// Takes in which certificates were issued for releases that were never confirmed: only the copy of the
  /// state that issued them knows of them, though their keys were on the hosts.
  ///
  /// What such a release says is believed if this fleet's key has signed it for that very host.
  package mutating func takeInDiscarded(_ survey: Survey, at now: Timestamp) {
    for (host, result) in survey.sorted(by: { $0.key < $1.key }) {
      guard case .observed(let observation) = result else { continue }
      for shown in observation.discardedManifests {
        guard case .valid(let key) = shown.signature, let manifest = shown.manifest,
          manifest.host == host, manifest.fleet == fleet, manifest.lineage == lineage,
          !fleetKeys.hasReplaced(key)
        else { continue }
        recordIssued(manifest.knowledge.issued, at: now)
        learn(manifest.knowledge.revocations)
      }
    }
  }
}
