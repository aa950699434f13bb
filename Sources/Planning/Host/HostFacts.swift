import Firewall
import Fleet
import Inventories
import State

/// What the inventory and the survey imply for one host, computed once for each plan.
final class HostFacts: Sendable {
  let host: Host
  /// Nil if the host did not answer or was not contacted.
  let observation: HostObservation?
  /// Its new firewall.
  let ruleset: Ruleset
  /// The ports on which it is to serve sites to front-ends.
  let servedPorts: Set<Port>
  /// Nil if the host did not answer or was not contacted.
  let sharedPorts: SharedPorts?
  /// Why its new firewall would lock out the controller, and what to do; empty if it would not.
  let lockout: [String]

  init(_ host: Host, _ survey: Survey, in inventory: Inventory) {
    self.host = host
    ruleset = Firewall.ruleset(for: host, in: inventory)
    let servedPorts = Set(
      inventory.sites(servedBy: host.name).flatMap { $0.upstreams(on: host.name).map(\.port) })
    self.servedPorts = servedPorts
    guard case .observed(let observation) = survey[host.name] else {
      (observation, sharedPorts, lockout) = (nil, nil, [])
      return
    }
    self.observation = observation
    sharedPorts = SharedPorts(of: host, serving: servedPorts, observation, inventory)
    lockout = Lockout.reasons(on: observation, for: host, behind: ruleset.openings)
  }
}
