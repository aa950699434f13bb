import Inventories
import Planning
import State

/// Recreates a lost state from what the hosts carry.
enum StateRebuild {
  static func state(like empty: FleetState, survey: Survey, hosts: [Host]) throws -> FleetState {
    var state = empty
    var lineages: Set<String> = []
    for host in hosts {
      switch survey[host.name.text] {
      case nil: continue
      case .unreachable(let why):
        throw Failure(
          .failed,
          "every host must be asked to recreate the state, but \(host.name): \(why)")
      case .observed(let observation):
        guard let manifest = observation.manifest else { continue }
        guard manifest.fleet == state.fleet else {
          throw Failure(
            .failed, "\(host.name) carries a release of the fleet \"\(manifest.fleet)\"")
        }
        lineages.insert(manifest.lineage)
        let connection = Connection(to: host)
        state.hosts[host.name.text] = HostRecord(
          address: connection.address, sshPort: connection.port, sshUser: connection.user,
          sshBecomes: connection.becomes, sshIdentities: connection.identities,
          sshKnownHosts: connection.knownHosts, sshOptions: connection.options,
          roles: host.roleNames, release: manifest.release,
          appliedAt: manifest.madeAt, appliedBy: manifest.madeBy)
      }
    }
    guard lineages.count <= 1 else {
      throw Failure(
        .failed,
        "the hosts carry releases of several states (\(lineages.sorted().joined(separator: ", ")));"
          + " only one of them can go on")
    }
    state.lineage = lineages.first ?? state.lineage
    return state
  }
}
