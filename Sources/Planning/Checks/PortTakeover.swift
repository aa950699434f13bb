import Firewall
import Fleet
import State

/// What a port of a host leads to, the host itself or its container.
///
/// It stays so while it is in use: front-ends and the host cannot change at one instant, and requests
/// for what was there would meet what will be.
enum PortTakeover {
  /// Why a host cannot become what it is to be in one run.
  static func blockers(from old: Endpoint, to new: HostFacts) -> [String] {
    let served = Set(old.services.values.flatMap(\.ports))
    let ports = Set((old.publications + new.ruleset.publications).map(\.port))
    return ports.sorted().compactMap { port in
      guard let before = owner(of: port, old.publications, served: served),
        let after = owner(of: port, new.ruleset.publications, served: new.servedPorts),
        before != after
      else { return nil }
      return
        "port \(port) leads to \(before) now and would lead to \(after): front-ends would ask the"
        + " wrong one for a moment. Use another port there, or take the old one off in a run before"
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
