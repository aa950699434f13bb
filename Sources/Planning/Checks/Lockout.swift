import Firewall
import Fleet
import Inventories
import State

/// Whether a host's new firewall lets this controller in again.
enum Lockout {
  /// Why a host does not answer, if its `ssh.port` was changed behind a firewall of deploy's own; nil otherwise.
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

  /// Why it does not, and what helps; empty where it does.
  static func reasons(
    on observation: HostObservation, for host: Host, behind openings: [Opening]
  ) -> [String] {
    guard let text = observation.controllerAddress, let address = IPAddress(text),
      !address.isLoopback
    else { return [] }
    let surroundings = observation.surroundings
    // From the host itself: the firewall lets that in.
    guard !surroundings.addresses.contains(where: { IPAddress($0) == address }) else { return [] }
    let declared = host.ssh.port
    let port = surroundings.sshPort ?? declared
    let source = openings.source(of: .tcp(port))
    if source.isNobody {
      return [
        "its new firewall would shut out this controller: sshd has port \(port) there, and"
          + " ssh.port \(declared) is led to it on the way; add {port: \(port)} to firewall.allow"
      ]
    }
    guard !source.contains(address) else { return [] }
    return [
      "its new firewall would shut out this controller, which it sees as \(address): add it to"
        + " firewall.ssh_from"
    ]
  }
}
