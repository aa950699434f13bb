import Firewall
import Fleet
import Inventories
import State

/// Checks that a host's new firewall does not lock out the controller.
enum Lockout {
  /// Why a host does not answer if `ssh.port` was changed to a port that its present firewall does not
  /// open; nil otherwise.
  static func closedPort(
    of host: Host, with release: ReleaseRecord?, _ policy: FirewallPolicy
  ) -> String? {
    let port = host.ssh.port
    guard policy.scope == .drop, host.containerHost == nil,
      let release, !release.facts.openings.isEmpty,
      release.facts.openings.source(of: .tcp(port)).isNobody
    else { return nil }
    return
      "the firewall of its release \(release.number) does not open port \(port): set ssh.port back, add"
      + " {port: \(port)} to firewall.allow and apply, then change ssh.port"
  }

  /// Why the new firewall would lock out the controller, and what to do; empty if it would not.
  static func reasons(
    on observation: HostObservation, for host: Host, behind openings: [Opening]
  ) -> [String] {
    guard let text = observation.controllerAddress, let address = IPAddress(text),
      !address.isLoopback
    else { return [] }
    let surroundings = observation.surroundings
    // The firewall accepts connections from the host itself.
    guard !surroundings.addresses.contains(where: { IPAddress($0) == address }) else { return [] }
    let declared = host.ssh.port
    let port = surroundings.sshPort ?? declared
    let source = openings.source(of: .tcp(port))
    if source.isNobody {
      return [
        "its new firewall would lock out the controller: sshd listens on port \(port), and"
          + " connections to ssh.port \(declared) are redirected to it; add {port: \(port)} to"
          + " firewall.allow"
      ]
    }
    guard !source.contains(address) else { return [] }
    return [
      "its new firewall would lock out the controller, which connects from \(address): add"
        + " \(address) to firewall.ssh_from"
    ]
  }
}
