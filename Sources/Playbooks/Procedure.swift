extension Playbook {
  /// What a run is for, where it is more than to bring the fleet to the inventory.
  package enum Procedure: Hashable, Sendable {
    /// Hosts that are no longer in the inventory leave the fleet.
    case decommission(CertificateFate)
    /// Hosts get new keys and certificates.
    case rotateCertificates
    /// Another CA takes the place of the one in use.
    case rotateCA(KeyFate)

    /// The command that the procedure is for.
    package enum Command: String, Hashable, Sendable {
      case apply = "deploy apply"
      case rotateCertificates = "deploy rotate certificates"
      case rotateCA = "deploy rotate ca"
    }

    package var command: Command {
      switch self {
      case .decommission: .apply
      case .rotateCertificates: .rotateCertificates
      case .rotateCA: .rotateCA
      }
    }
  }

  /// What becomes of the certificates of a host that leaves. Its keys go with its files either way.
  package enum CertificateFate: String, CaseIterable, Hashable, Sendable {
    /// Every host refuses them from then on, for somebody may have a copy of the keys.
    case revoke
    /// They end when they end.
    case forget
  }

  /// What becomes of the key of a generation that no host trusts any more.
  package enum KeyFate: String, CaseIterable, Hashable, Sendable {
    /// Kept encrypted. Nothing that it signs is accepted, and no revocation list is needed of it either;
    /// it can be taken back.
    case archive
    /// Overwritten and removed.
    case destroy
  }

  /// Used by `deploy rotate certificates` where no playbook is given; the same as the shipped
  /// `Playbooks/rotate-certificates.yml`.
  package static let rotatingCertificates = Playbook(
    name: "rotate-certificates",
    rollout: Rollout(canary: 1, batch: .percent(25), verification: .edges),
    procedure: .rotateCertificates)

  /// Used by `deploy rotate ca` where no playbook is given; the same as the shipped
  /// `Playbooks/rotate-ca.yml`.
  package static let rotatingCA = Playbook(
    name: "rotate-ca",
    rollout: Rollout(batch: .percent(25), verification: .edges),
    procedure: .rotateCA(.archive))
}
