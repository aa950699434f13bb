import Inventories
import Nginx
import State

/// What keeps a host from taking part, found before anything is touched.
enum Preflight {
  static func obstacles(
    on observation: HostObservation, for host: Host, _ input: PlanningInput
  ) -> [String] {
    nginx(of: observation)
      + obstacles(on: observation, state: input.state)
      + (input.allowsLockout
        ? []
        : Lockout.reasons(on: observation, for: host, input.inventory).map {
          "\($0), or give --allow-lockout if that is meant"
        })
  }

  private static func nginx(of observation: HostObservation) -> [String] {
    guard let version = observation.nginxVersion else {
      return ["nginx is not installed there: install it and run again"]
    }
    return Version(version) == nil
      ? ["its nginx says that its version is \"\(version)\", which is not one such as 1.22.1"] : []
  }

  /// What keeps even a host that is cleaned, where nginx may be gone already.
  static func obstacles(on observation: HostObservation, state: FleetState) -> [String] {
    var obstacles: [String] = []
    if !observation.isRoot {
      obstacles.append(
        "the SSH user is not root there: set ssh.user to root, or ssh.become to sudo")
    }
    let others = observation.missingTools.filter { $0 != "nginx" }
    if !others.isEmpty {
      obstacles.append(
        "\(others.joined(separator: ", ")) \(others.count == 1 ? "is" : "are") missing there:"
          + " install \(others.count == 1 ? "it" : "them") and run again")
    }
    if let manifest = observation.manifest {
      if manifest.fleet != state.fleet {
        obstacles.append(
          "it belongs to the fleet \"\(manifest.fleet)\": a host has one fleet; take it off that"
            + " one first")
      } else if manifest.lineage != state.lineage {
        obstacles.append(
          "it carries release \(manifest.release.number) of another state of this fleet (lineage"
            + " \(manifest.lineage)): run \"deploy state rebuild\" if the state file was lost")
      }
    }
    return obstacles
  }
}
