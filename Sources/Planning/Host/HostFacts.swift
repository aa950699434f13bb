import Firewall
import Fleet
import Inventories
import State

/// What follows for one host from the inventory and from what the host says of itself: computed once a plan.
struct HostFacts {
  let host: Host
  /// Nil if the host did not answer, or was not asked.
  let observation: HostObservation?
  /// Its new firewall.
  let ruleset: Ruleset
  /// The ports on which it is to serve sites to front-ends.
  let servedPorts: Set<Port>
  /// Nil if the host did not answer, or was not asked.
  let sharedPorts: SharedPorts?
  /// Why its new firewall would not let this controller in again, and what helps; none if it would.
  let lockout: [String]

  init(_ host: Host, _ survey: Survey, in inventory: Inventory) {
    self.host = host
    ruleset = Firewall.ruleset(for: host, in: inventory)
    servedPorts = Set(
      inventory.sites(servedBy: host.name).flatMap { $0.upstreams(on: host.name).map(\.port) })
    guard case .observed(let observation) = survey[host.name] else {
      (observation, sharedPorts, lockout) = (nil, nil, [])
      return
    }
    self.observation = observation
    sharedPorts = SharedPorts(of: host, observation, inventory)
    lockout = Lockout.reasons(on: observation, for: host, behind: ruleset.openings)
  }
}
