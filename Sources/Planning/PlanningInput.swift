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
  package var now: Timestamp
  /// The inventory as front-ends route by it: without back-ends that are not there yet.
  var routableInventory: Inventory
  /// SHA-256 in lower-case hex.
  package var digest: @Sendable (String) -> String

  package init(
    inventory: Inventory, playbook: Playbook, state: FleetState, survey: Survey,
    materials: Materials,
    selector: Selector = .all, now: Timestamp, digest: @escaping @Sendable (String) -> String
  ) {
    self.inventory = inventory
    self.playbook = playbook
    self.state = state
    self.survey = survey
    self.materials = materials
    self.selector = selector
    self.now = now
    self.routableInventory = inventory
    self.digest = digest
  }
}

extension PlanningInput {
  /// The authority that signs; nil before there is any.
  var signingAuthority: AuthorityRecord? { trustedAuthorities.last }

  /// The authorities that hosts accept when all is done, oldest first.
  var trustedAuthorities: [AuthorityRecord] {
    state.authorities.filter { $0.status != .retiring }
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
