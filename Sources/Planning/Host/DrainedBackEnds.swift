import Fleet
import Inventories
import State

/// The back-ends that front-ends send no requests to (`deploy drain`), and what that means for their sites.
struct DrainedBackEnds {
  private let inventory: Inventory
  /// Those that the inventory has in a site.
  let hosts: [HostName: HostDrain]

  init(_ input: PlanningInput) {
    let inventory = input.desired.inventory
    self.inventory = inventory
    hosts = input.state.drained.filter { !inventory.sites(servedBy: $0.key).isEmpty }
  }

  /// Why a front-end is not changed: a site of it would have drained back-ends only, which no user has accepted.
  func blockers(of frontEnd: Host) -> [String] {
    guard !hosts.isEmpty else { return [] }
    return inventory.sites(publishedBy: frontEnd.name).filter(isAbandoned).map { site in
      let names = site.hostsOfUpstreams
      return
        "\(site.domain) would have no back-end: \(names.listed()) \(names.count == 1 ? "is" : "are") drained, and it"
        + " has no others. Bring one back with \"deploy undrain\", give the site another back-end, or accept it with"
        + " \"deploy drain --force\""
    }
  }

  var warnings: [String] {
    guard !hosts.isEmpty else { return [] }
    var found = WarningCollector()
    for (host, drain) in hosts.sorted(by: { $0.key < $1.key }) {
      found.add(
        "front-ends send no requests to ", host.text,
        ", drained on \(drain.since) by \(drain.by): \"deploy undrain\" ends that")
    }
    return found.warnings
      + inventory.sites.filter { $0.activeUpstreams.isEmpty && !isAbandoned($0) }.map {
        "all back-ends of \($0.domain) are drained: its front-ends answer with an error (502)"
      }
  }

  private func isAbandoned(_ site: Site) -> Bool {
    site.activeUpstreams.isEmpty
      && !site.upstreams.contains { hosts[$0.host]?.isForced ?? false }
  }
}

extension Site {
  /// The upstreams that are routes for the edge model: if all are drained, front-ends still name each of them.
  var routedUpstreams: [Upstream] { activeUpstreams.isEmpty ? upstreams : activeUpstreams }

  /// Each back-end once, sorted.
  fileprivate var hostsOfUpstreams: [HostName] { Set(upstreams.map(\.host)).sorted() }
}
