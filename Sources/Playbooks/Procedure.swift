extension Playbook {
  /// What a run is for, where it is more than to bring the fleet to the inventory.
  package enum Procedure: Hashable, Sendable {
    /// Hosts that are no longer in the inventory leave the fleet.
    case decommission(CertificateFate)
  }

  /// What becomes of the certificates of a host that leaves. Its keys go with its files either way.
  package enum CertificateFate: String, CaseIterable, Hashable, Sendable {
    /// Every host refuses them from then on, for somebody may have a copy of the keys.
    case revoke
    /// They end when they end.
    case forget
  }
}
