package import Fleet
package import Inventories
package import Playbooks
package import State

/// Everything that a plan is made from: the planner reads nothing else.
package struct PlanningInput: Sendable {
  /// The wanted fleet.
  package var desired: DesiredFleet
  /// The records of earlier runs.
  package var state: FleetState
  /// The survey of the hosts.
  package var observed: ObservedFleet
  /// The options of the command.
  package var request: PlanRequest
  package var now: Timestamp
  /// SHA-256 in lower-case hex.
  package var digest: @Sendable (String) -> String
  /// The cores on which hosts are planned; the plan does not depend on them.
  package var cores: any Parallelism

  package init(
    _ desired: DesiredFleet, _ state: FleetState, _ observed: ObservedFleet,
    _ request: PlanRequest = PlanRequest(), now: Timestamp, on cores: any Parallelism = OneCore(),
    digest: @escaping @Sendable (String) -> String
  ) {
    self.desired = desired.taking(part: state)
    self.state = state
    self.observed = observed
    self.request = request
    self.now = now
    self.cores = cores
    self.digest = digest
  }
}

/// The wanted fleet: inventory and playbook, with the content of the files that they name.
package struct DesiredFleet: Sendable {
  package internal(set) var inventory: Inventory
  package let playbook: Playbook
  package let materials: Materials
  /// The sites whose certificate names no OCSP responder: `inventory` has no stapling for them.
  let unstapled: [DomainName]

  package init(_ inventory: Inventory, _ playbook: Playbook, _ materials: Materials) {
    (self.inventory, unstapled) = inventory.stapling(what: materials)
    self.playbook = playbook
    self.materials = materials
  }
}

/// The survey of a fleet's hosts, and when it was made.
package struct ObservedFleet: Sendable {
  package var survey: Survey
  /// The time of the survey; later than `PlanningInput.now` if the plan is made as of an earlier time.
  package let at: Timestamp
  /// Whether hosts are only assumed to be as recorded: the present texts of their files are not known.
  let isAssumed: Bool

  package init(_ survey: Survey, at time: Timestamp) {
    self.init(survey, at: time, isAssumed: false)
  }

  init(_ survey: Survey, at time: Timestamp, isAssumed: Bool) {
    self.survey = survey
    at = time
    self.isAssumed = isAssumed
  }
}

/// The options of one plan that are not part of the inventory.
package struct PlanRequest: Sendable {
  /// The hosts that may change.
  package var selector: Selector
  /// Whether a host may get a firewall that locks out the controller.
  package var allowsLockout: Bool
  /// The roles whose certificates are issued again even if they have not expired.
  package var renews: Set<Role>
  /// Whether certificates are ordered from ACME servers if they are due.
  package var orders: Bool

  package init(
    selector: Selector = .all, allowsLockout: Bool = false, renews: Set<Role> = [],
    orders: Bool = false
  ) {
    self.selector = selector
    self.allowsLockout = allowsLockout
    self.renews = renews
    self.orders = orders
  }
}
