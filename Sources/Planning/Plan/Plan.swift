package import Fleet
import Inventories
package import State

/// What a run changes on a fleet, in which order and why; a value that can be displayed, compared and
/// carried out.
///
/// Only the planner makes plans; none is ever read from a file (a saved plan is an `ApprovedPlan`).
package struct Plan: Hashable, Sendable {
  package var fleet: String
  package var lineage: String
  /// The serial of the state that the plan was made from.
  package var serial: Int
  package var madeAt: Timestamp
  /// Sorted by name.
  package var hosts: [HostPlan]
  /// The order in which hosts change.
  package var stages: [Stage]
  /// How many hosts may fail because of the change before the run stops.
  package var maxFailures: Int
  /// Seconds between batches.
  package var pause: Int64
  /// Seconds after which a host without confirmation rolls back its transaction.
  package var confirmWithin: Int64
  /// How many releases are kept on a host.
  package var keepReleases: Int
  /// What the user should know before approving the plan.
  package var warnings: [String]
  /// Whether all hosts that the run has changed are rolled back if the run stops, not just the failed one.
  package var revertsAll = false
  /// Whether the edges of a batch's hosts are tested before the next batch begins.
  package var verifiesEdges = false
  package var hooks = PlannedHooks(timeout: 60)
  /// Hosts that have revoked certificates, sorted: their results never stop the run.
  package var revoked: [HostName] = []
  /// The back-ends that get no requests after the run, by the state.
  package var drained: [HostName: HostDrain] = [:]
  /// The sites that are in maintenance after the run, by the state.
  package var maintenance: [SiteMaintenance] = []

  /// The certificates that are ordered from ACME servers.
  package var orders: [CertificateOrder] = []
  /// Why certificates that are due cannot be ordered, by site: the run fails, and everything else is done.
  package var blockedOrders: [DomainName: String] = [:]

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

  /// The steps of all hosts; the steps of one host are together and in order.
  package var steps: [PlannedStep] { hosts.flatMap(\.plannedSteps) }
  package var changesHosts: Bool { hosts.contains { !$0.steps.isEmpty } }
  package var hasChanges: Bool { changesHosts || !orders.isEmpty }
  /// The sites whose ordered certificates the plan installs, sorted.
  package var orderedKeys: [DomainName] {
    var sites: Set<DomainName> = []
    for host in hosts {
      for step in host.steps {
        for file in step.installation?.files ?? [] {
          if case .orderedKey(let site, _) = file.source { sites.insert(site) }
        }
      }
    }
    return sites.sorted()
  }
  package var needsCA: Bool {
    hosts.contains { $0.steps.contains { !$0.certificates.isEmpty } }
  }
}

/// A barrier: every host of a stage is done before the next stage begins.
package struct Stage: Hashable, Sendable {
  package var name: String
  /// Each host once; the hosts of one batch are changed together.
  package var batches: [[HostName]]

  package init(name: String, batches: [[HostName]]) {
    self.name = name
    self.batches = batches
  }
}

/// What happens to a host, as it is displayed.
package enum Action: String, Hashable, Sendable {
  case create, change, remove, unchanged
  /// The host switches to a release that it still has.
  case restore
  /// The host cannot take part; the reasons say why.
  case blocked
  /// The host could not be reached; the reasons say why.
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
