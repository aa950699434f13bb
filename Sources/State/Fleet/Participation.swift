package import Fleet

/// The record that a back-end was taken out of its front-ends' rotation (`deploy drain`). The host keeps everything
/// else: certificates, configuration, firewall.
package struct HostDrain: Hashable, Sendable, Codable {
  package var since: Timestamp
  /// User and machine, such as `ann@laptop`.
  package var by: String
  /// Whether the user has accepted that a site may be left without a back-end.
  package var isForced: Bool

  package init(since: Timestamp, by: String, isForced: Bool = false) {
    self.since = since
    self.by = by
    self.isForced = isForced
  }
}

extension FleetState {
  /// Records that a back-end is drained. One that is drained already keeps its time and its user.
  package mutating func drain(_ host: HostName, _ record: HostDrain) {
    guard var earlier = drained[host] else { return drained[host] = record }
    earlier.isForced = earlier.isForced || record.isForced
    drained[host] = earlier
  }

  /// Records that front-ends send requests to the back-end again.
  package mutating func undrain(_ host: HostName) { drained[host] = nil }

  /// Forgets the drains of hosts that have left the fleet: a host that joins it later under the same name takes part.
  ///
  /// - Parameter declared: the hosts of the inventory.
  package mutating func forgetDrains(except declared: Set<HostName>) {
    drained = drained.filter { declared.contains($0.key) || hosts[$0.key] != nil }
  }
}

extension HostDrain {
  func check(_ place: ValuePlace) throws(StateMistake) { try place.at("by").check(by, is: .line) }
}
