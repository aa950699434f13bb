import Fleet
package import Inventories
package import Planning
package import State

/// All that the report of a fleet shows. ``FleetPage`` draws it.
package struct FleetReport: Sendable {
  package let inventory: Inventory
  package let state: FleetState
  package let status: FleetStatus
  /// Earliest first.
  package let expiries: [Expiry]
  /// Nil if no edge was tried.
  package let edges: EdgeSurvey?
  /// The newest first.
  package let runs: [RecentRun]
  /// Of deploy.
  package let version: String

  package init(
    _ inventory: Inventory, _ state: FleetState, _ status: FleetStatus, _ expiries: [Expiry],
    edges: EdgeSurvey?, runs: [RecentRun], version: String
  ) {
    self.inventory = inventory
    self.state = state
    self.status = status
    self.expiries = expiries
    self.edges = edges
    self.runs = runs
    self.version = version
  }

  package var picture: FleetPicture { FleetPicture(of: inventory, status, edges) }

  var trouble: [HostStatus] {
    status.hosts.filter(\.standing.isTrouble).sorted { $0.standing < $1.standing }
  }
}
