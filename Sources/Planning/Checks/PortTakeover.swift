import Firewall
import Fleet
import State

/// Refuses that a port in use moves from a host's nginx to its container, or back, in one run.
///
/// Front-ends and the host cannot change at the same instant, so requests for the old service would
/// reach the new one.
enum PortTakeover {
  /// A reason for each port that would change its owner.
  static func blockers(from old: Endpoint, to new: HostFacts) -> [String] {
    let served = Set(old.services.values.flatMap(\.ports))
    let ports = Set((old.publications + new.ruleset.publications).map(\.port))
    return ports.sorted().compactMap { port in
      guard let before = owner(of: port, old.publications, served: served),
        let after = owner(of: port, new.ruleset.publications, served: new.servedPorts),
        before != after
      else { return nil }
      return
        "port \(port) leads to \(before) now and would lead to \(after): front-ends would reach the"
        + " wrong one for a moment. Use another port, or remove the old one in a separate run first"
    }
  }

  private static func owner(
    of port: Port, _ publications: [Publication], served: Set<Port>
  ) -> String? {
    if let publication = publications.first(where: { $0.port == port }) {
      return "port \(publication.target) of \(publication.host)"
    }
    return served.contains(port) ? "the host's own nginx" : nil
  }
}
