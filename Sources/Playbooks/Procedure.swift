extension Playbook {
  /// The task of a run, if it is more than bringing the fleet to the inventory.
  package enum Procedure: Hashable, Sendable {
    /// Hosts that are no longer in the inventory leave the fleet.
    case decommission(CertificateFate)
    /// Hosts get new keys and certificates.
    case rotateCertificates
    /// A new CA replaces the current one.
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

  /// What happens to the certificates of a host that leaves. Its keys are deleted with its files in both cases.
  package enum CertificateFate: String, CaseIterable, Hashable, Sendable {
    /// Every host refuses them from then on, because someone may have a copy of the keys.
    case revoke
    /// They stay valid until they expire.
    case forget
  }

  /// What happens to the key of a CA generation that no host trusts any longer.
  package enum KeyFate: String, CaseIterable, Hashable, Sendable {
    /// Kept encrypted. Nothing that it signs is accepted, and no revocation list of it is needed;
    /// it can be restored.
    case archive
    /// Overwritten and removed.
    case destroy
  }

  /// Used by `deploy rotate certificates` if no playbook is given; the same as the shipped
  /// `Playbooks/rotate-certificates.yml`.
  package static let rotatingCertificates = Playbook(
    name: "rotate-certificates",
    rollout: Rollout(canary: 1, batch: .percent(25), verification: .edges),
    procedure: .rotateCertificates)

  /// Used by `deploy rotate ca` if no playbook is given; the same as the shipped
  /// `Playbooks/rotate-ca.yml`.
  package static let rotatingCA = Playbook(
    name: "rotate-ca",
    rollout: Rollout(batch: .percent(25), verification: .edges),
    procedure: .rotateCA(.archive))
}
