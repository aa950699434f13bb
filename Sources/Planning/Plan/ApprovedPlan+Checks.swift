import Inventories
package import State

extension ApprovedPlan {
  /// Throws the first value that a saved plan must not have, with its place.
  ///
  /// The parts of steps are only compared; their names alone are shown.
  package func check() throws(StateMistake) {
    let root = ValuePlace.root
    try root.at("fleet").check(fleet, is: .fleetName)
    try root.at("lineage").check(lineage, is: .word)
    try root.at("serial").check(serial, in: FleetState.serials)
    if let limit {
      try root.at("limit").check(limit, is: .line)
      if Selector(limit) == nil { throw root.at("limit").mistake("it has an empty term") }
    }
    try root.at("caGenerations").check(caGenerations, are: .hex)
    try root.at("playbook").check(playbook, is: .word)
    try root.at("rollout").check(rollout, keys: .word) { _, _ throws(StateMistake) in }
    try root.at("orders").check(orders ?? [:], keys: .line) { _, _ throws(StateMistake) in }
    try root.at("hosts").check(hosts) { place, host throws(StateMistake) in
      try host.condition?.check(place.at("condition"))
      try place.at("steps").check(host.steps) { place, parts throws(StateMistake) in
        try place.check(parts, keys: .line) { _, _ throws(StateMistake) in }
      }
    }
  }
}

extension HostCondition {
  fileprivate func check(_ place: ValuePlace) throws(StateMistake) {
    try place.at("driftedFiles").check(driftedFiles, are: .line)
    try place.at("firewall").check(firewall, is: .word)
  }
}
