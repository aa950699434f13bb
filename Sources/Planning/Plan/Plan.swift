package import Fleet
import Inventories

/// What would change on a fleet and why; a value that can be read, compared and carried out.
///
/// Made by the planner alone: no file becomes a plan (`ApprovedPlan` is what a saved plan holds).
package struct Plan: Hashable, Sendable {
  package var fleet: String
  package var lineage: String
  /// The serial of the state that the plan was made from.
  package var serial: Int
  package var madeAt: Timestamp
  /// Sorted by name.
  package var hosts: [HostPlan]
  /// The order in which the hosts that change are taken.
  package var stages: [Stage]
  /// How many hosts may fail by the change itself before the run stops.
  package var maxFailures: Int
  /// Seconds between batches.
  package var pause: Int64
  /// Seconds after which a host that is not confirmed undoes its transaction.
  package var confirmWithin: Int64
  /// How many releases stay on a host.
  package var keepReleases: Int
  /// What the user should know before saying yes.
  package var warnings: [String]
  /// Whether every host that a run has changed goes back when the run stops, and not the failed one alone.
  package var revertsAll = false
  /// Whether each edge of a batch's hosts is tried before the next batch begins.
  package var verifiesEdges = false
  package var hooks = PlannedHooks(timeout: 60)
  /// Hosts that have revoked certificates, sorted: how they end stops nobody, and nobody waits long.
  package var revoked: [HostName] = []

  package init(
    fleet: String, lineage: String, serial: Int, madeAt: Timestamp, hosts: [HostPlan],
    stages: [Stage], maxFailures: Int, pause: Int64, confirmWithin: Int64, keepReleases: Int,
    warnings: [String]
  ) {
    self.fleet = fleet
    self.lineage = lineage
    self.serial = serial
    self.madeAt = madeAt
    self.hosts = hosts
    self.stages = stages
    self.maxFailures = maxFailures
    self.pause = pause
    self.confirmWithin = confirmWithin
    self.keepReleases = keepReleases
    self.warnings = warnings
  }

  /// Those of all hosts that change; those of one host stand together, in the order in which they are taken.
  package var steps: [PlannedStep] { hosts.flatMap(\.plannedSteps) }
  package var hasChanges: Bool { !steps.isEmpty }
  package var needsCA: Bool { steps.contains { !$0.certificates.isEmpty } }
}

/// A barrier: every host of a stage is done before the next stage begins.
package struct Stage: Hashable, Sendable {
  package var name: String
  /// Hosts by name, each once; those of one batch go together.
  package var batches: [[HostName]]

  package init(name: String, batches: [[HostName]]) {
    self.name = name
    self.batches = batches
  }
}

/// What happens to a host, for readers.
package enum Action: String, Hashable, Sendable {
  case create, change, remove, unchanged
  /// A release that the host still has is put in force.
  case restore
  /// The host cannot take part; the reasons say why.
  case blocked
  /// The host could not be asked; the reasons say why.
  case unreachable

  package var symbol: Character {
    switch self {
    case .create: "+"
    case .change, .restore: "~"
    case .remove: "-"
    case .unchanged: " "
    case .blocked, .unreachable: "!"
    }
  }
}
