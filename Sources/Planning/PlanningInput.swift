package import Inventories
package import Playbooks
package import State

/// Everything that a plan is made from; nothing else is read.
package struct PlanningInput: Sendable {
  package var inventory: Inventory
  package var playbook: Playbook
  package var state: FleetState
  package var survey: Survey
  package var materials: Materials
  package var selector: Selector
  /// Whether a host may be given a firewall that does not let this controller in again.
  package var allowsLockout: Bool
  package var now: Timestamp
  /// SHA-256 in lower-case hex.
  package var digest: @Sendable (String) -> String

  package init(
    inventory: Inventory, playbook: Playbook, state: FleetState, survey: Survey,
    materials: Materials,
    selector: Selector = .all, allowsLockout: Bool = false, now: Timestamp,
    digest: @escaping @Sendable (String) -> String
  ) {
    self.inventory = inventory
    self.playbook = playbook
    self.state = state
    self.survey = survey
    self.materials = materials
    self.selector = selector
    self.allowsLockout = allowsLockout
    self.now = now
    self.digest = digest
  }
}

/// The content of the files that the inventory names.
package struct Materials: Hashable, Sendable {
  /// A site's own certificate: what may be shown of it.
  package struct SiteCertificate: Hashable, Sendable {
    /// The chain, leaf first, as PEM.
    package var certificate: String
    /// SHA-256 of the key file, in lower-case hex.
    package var keyDigest: String
    package var notAfter: Timestamp

    package init(certificate: String, keyDigest: String, notAfter: Timestamp) {
      self.certificate = certificate
      self.keyDigest = keyDigest
      self.notAfter = notAfter
    }
  }

  package var snippets: [LocalPath: String]
  package var siteCertificates: [DomainName: SiteCertificate]

  package init(
    snippets: [LocalPath: String] = [:], siteCertificates: [DomainName: SiteCertificate] = [:]
  ) {
    self.snippets = snippets
    self.siteCertificates = siteCertificates
  }
}
