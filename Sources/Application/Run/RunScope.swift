package import Fleet
import Inventories
package import Planning
package import Playbooks

/// What a run is about and what it may do, as the user chose it.
package struct RunScope: Sendable {
  /// How many hosts are worked on at the same time if the user does not say.
  package static let usualParallel = 64

  /// Which hosts the run is about.
  package var selector: Selector
  /// What the selector was made from, which a saved plan keeps; nil for every host.
  package var limit: String?
  /// How many hosts are worked on at the same time.
  package var parallel: Int
  /// The path of the playbook; nil for the usual one of the command.
  package var playbook: String?
  /// The command whose procedures are accepted as its playbook.
  package var command = Playbook.Procedure.Command.apply
  /// Whether hosts may get firewalls that do not let this controller in again.
  package var allowsLockout = false
  /// The roles whose certificates are all issued again.
  package var renews: Set<Role> = []
  /// Whether releases that another copy of the state has installed since are replaced.
  package var overridesNewer = false
  /// A plan that somebody approved: hosts for which the plan that is made now differs from it are left out.
  package private(set) var saved: SavedPlan?

  /// - Parameter limit: a selector as the user writes it; nil for every host.
  package init(limit: String? = nil, parallel: Int = Self.usualParallel, playbook: String? = nil)
    throws
  {
    guard let selector = limit.map(Selector.init) ?? .all else {
      throw Failure(.usage, "the name of a host is empty")
    }
    self.selector = selector
    self.limit = limit
    self.parallel = parallel
    self.playbook = playbook
  }

  /// A scope of hosts that are given by name.
  package init(hosts: [String], playbook: String?) throws {
    try self.init(limit: hosts.joined(separator: ","), playbook: playbook)
    limit = nil
  }

  /// Makes the run about what a saved plan is about.
  package mutating func restrict(to saved: SavedPlan) throws {
    let own = try RunScope(limit: saved.approved.limit)
    (selector, limit, self.saved) = (own.selector, own.limit, saved)
  }
}
