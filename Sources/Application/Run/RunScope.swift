package import Fleet
package import Inventories
import Planning
package import Playbooks

/// What a run applies to and what it may do, from the options that the user gave.
package struct RunScope: Sendable {
  /// The default of ``parallel``.
  package static let usualParallel = 64

  /// The hosts of the run.
  package var selector: Selector
  /// The text of the selector, which a saved plan contains; nil for all hosts.
  package var limit: String?
  /// The maximum number of hosts to work on at the same time.
  package var parallel: Int
  /// The path of the playbook; nil for the default one of the command.
  package var playbook: String?
  /// The command. A playbook with the procedure of another command is refused.
  package var command = Playbook.Procedure.Command.apply
  /// Whether hosts may get firewalls that block the controller.
  package var allowsLockout = false
  /// The roles whose certificates are all issued again.
  package var renews: Set<Role> = []
  /// Whether certificates of sites are ordered if they are due.
  package var ordersCertificates = false
  /// Whether nothing is changed but what is due.
  package var isLimitedToRenewals = false
  /// The sites whose ordered certificates are revoked by this run.
  package var revokedSites: Set<DomainName> = []
  /// Whether releases that another copy of the state has installed since are replaced.
  package var overridesNewer = false
  /// An approved plan. Hosts for which the new plan differs from it are left out.
  package private(set) var saved: SavedPlan?

  /// - Parameter limit: the text of a selector; nil for all hosts.
  package init(limit: String? = nil, parallel: Int = Self.usualParallel, playbook: String? = nil)
    throws
  {
    guard let selector = limit.map(Selector.init) ?? .all else {
      throw Failure(.usage, "a host name is empty")
    }
    self.selector = selector
    self.limit = limit
    self.parallel = parallel
    self.playbook = playbook
  }

  /// A scope of hosts given by name.
  package init(hosts: [String], playbook: String?) throws {
    try self.init(limit: hosts.joined(separator: ","), playbook: playbook)
    limit = nil
  }

  /// Gives the run the hosts of a saved plan, which is compared with the new plan.
  package mutating func restrict(to saved: SavedPlan) throws {
    let own = try RunScope(limit: saved.approved.limit)
    (selector, limit, self.saved) = (own.selector, own.limit, saved)
  }
}
