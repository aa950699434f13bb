import Fleet
package import Inventories
package import State

extension Inventory {
  /// The same, with back-ends that are drained and sites that are in maintenance according to the state.
  package func taking(part state: FleetState) -> Inventory {
    guard !state.drained.isEmpty || !state.maintenance.isEmpty else { return self }
    return changingSites { site in
      for position in site.upstreams.indices {
        site.upstreams[position].isDrained = state.drained[site.upstreams[position].host] != nil
      }
      site.maintenance = state.maintenance(of: site.domain).map { Maintenance($0) }
    }
  }
}

extension DesiredFleet {
  /// The same, as the state has it.
  func taking(part state: FleetState) -> DesiredFleet {
    var fleet = self
    fleet.inventory = inventory.taking(part: state)
    return fleet
  }
}

extension Maintenance {
  fileprivate init(_ record: SiteMaintenance) {
    self.init(
      page: record.page, allowed: record.allowed, retryAfter: .seconds(record.retryAfter))
  }
}

extension SiteMaintenance {
  /// The warning of a plan.
  var warning: String {
    let most = 10
    let more = allowed.count > most ? " and \(allowed.count - most) more" : ""
    let others =
      allowed.isEmpty
      ? ""
      : " to all but \(allowed.prefix(most).map(\.description).joined(separator: ", "))\(more)"
    return
      "\(site) has been in maintenance since \(since), by \(by): its front-ends answer 503\(others). \"deploy maintenance"
      + " \(site) off\" ends that"
  }
}
