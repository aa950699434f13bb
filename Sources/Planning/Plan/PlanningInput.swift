package import Fleet
package import Inventories
package import Playbooks
package import State

/// Everything that a plan is made from; nothing else is read.
package struct PlanningInput: Sendable {
  /// What the fleet is to be.
  package var desired: DesiredFleet
  /// What earlier runs have recorded.
  package var state: FleetState
  /// What the hosts are now.
  package var observed: ObservedFleet
  /// What of it the user has asked for.
  package var request: PlanRequest
  package var now: Timestamp
  /// SHA-256 in lower-case hex.
  package var digest: @Sendable (String) -> String

  package init(
    _ desired: DesiredFleet, _ state: FleetState, _ observed: ObservedFleet,
    _ request: PlanRequest = PlanRequest(), now: Timestamp,
    digest: @escaping @Sendable (String) -> String
  ) {
    self.desired = desired
    self.state = state
    self.observed = observed
    self.request = request
    self.now = now
    self.digest = digest
  }
}

/// What a fleet is to be: what the user has written, with the content of the files that it names.
package struct DesiredFleet: Sendable {
  package let inventory: Inventory
  package let playbook: Playbook
  package let materials: Materials
  /// The sites that are to staple and have nothing to staple: the inventory here says so no longer.
  let unstapled: [DomainName]

  package init(_ inventory: Inventory, _ playbook: Playbook, _ materials: Materials) {
    (self.inventory, unstapled) = inventory.stapling(what: materials)
    self.playbook = playbook
    self.materials = materials
  }
}

/// What the hosts of a fleet say of themselves.
package struct ObservedFleet: Sendable {
  package var survey: Survey
  /// When they were asked; later than the time that a plan is made as of, if that is an earlier one.
  package let at: Timestamp

  package init(_ survey: Survey, at time: Timestamp) {
    self.survey = survey
    at = time
  }
}

/// What the user asks of one plan, beside what is written in the inventory.
package struct PlanRequest: Sendable {
  /// The hosts that may change.
  package var selector: Selector
  /// Whether a host may be given a firewall that does not let this controller in again.
  package var allowsLockout: Bool
  /// The roles whose certificates are issued again, however long they are valid.
  package var renews: Set<Role>

  package init(selector: Selector = .all, allowsLockout: Bool = false, renews: Set<Role> = []) {
    self.selector = selector
    self.allowsLockout = allowsLockout
    self.renews = renews
  }
}
