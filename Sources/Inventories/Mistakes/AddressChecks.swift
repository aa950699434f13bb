internal import Diagnostics
import Fleet

extension DeclaredHosts {
  /// Reports hosts with the same address, or that SSH would reach at the same place. Containers are left out, because
  /// networks behind different hosts may have the same addresses.
  func checkAddresses(_ found: inout DiagnosticCollector) {
    let reachable = hosts.values.filter { $0.value.placement == .direct }
      .sorted { $0.place < $1.place }
    checkServices(of: reachable, &found)
    checkWaysIn(to: reachable, &found)
  }

  /// Addresses are compared within a network: two networks that have nothing to do with each other may have the same
  /// private addresses.
  private func checkServices(
    of hosts: [Placed<Host>], _ found: inout DiagnosticCollector
  ) {
    var first: [NetworkName: [IPAddress: Placed<Host>]] = [:]
    for host in hosts {
      let networks = [.public] + host.value.otherAddresses.keys.sorted()
      for network in networks {
        for address in host.value.addresses(in: network)?.all ?? [] {
          guard let other = first[network]?[address] else {
            first[network, default: [:]][address] = host
            continue
          }
          found.report(
            .duplicateAddress(
              address, of: host.value.name, at: host.place, first: other.value.name,
              firstPlace: other.place))
        }
      }
    }
  }

  private struct WayIn: Hashable {
    let address: String
    let port: Port
    /// Behind different jump hosts there may be different machines at one address.
    let jumps: [JumpHost]
  }

  private func checkWaysIn(
    to hosts: [Placed<Host>], _ found: inout DiagnosticCollector
  ) {
    var first: [WayIn: Host] = [:]
    for host in hosts {
      let access = host.value.access
      let way = WayIn(
        address: access.reachedAt, port: access.ssh.port, jumps: access.ssh.jumps)
      guard let other = first[way] else {
        first[way] = host.value
        continue
      }
      // The same address of both is reported as such.
      guard access.ssh.address != nil || other.ssh.address != nil else { continue }
      found.report(
        .duplicateWayIn(access, of: host.value.name, at: host.value.place, first: other.name))
    }
  }
}

extension DeclaredSite {
  /// Reports hosts that have no address in the networks of the site, and front-ends and back-ends whose addresses there
  /// are of different families: they cannot connect, because firewalls accept no other address.
  func checkNetworks(_ hosts: DeclaredHosts, _ found: inout DiagnosticCollector) {
    let (from, to) = (edgeNetworks.value.from, edgeNetworks.value.to)
    let frontEnds = frontEnds.compactMap { hosts.hosts[$0.value]?.value }
    for frontEnd in frontEnds where frontEnd.addresses(in: from) == nil {
      found.report(.hostOutsideNetwork(frontEnd, from, at: edgeNetworks.place))
    }
    var missing: Set<HostName> = []
    for upstream in upstreams {
      guard let backEnd = hosts.hosts[upstream.value.host]?.value else { continue }
      let host = backEnd.containerHost ?? backEnd
      let entry = backEnd.entry(to: upstream.value.port, in: to)
      guard !entry.addresses.isEmpty else {
        // A front-end that is also a back-end is one host with one mistake.
        let isReported = from == to && frontEnds.contains { $0.name == host.name }
        if !isReported, missing.insert(host.name).inserted {
          found.report(.hostOutsideNetwork(host, to, at: edgeNetworks.place))
        }
        continue
      }
      let apart = frontEnds.lazy.compactMap { frontEnd in
        frontEnd.addresses(in: from).map { (frontEnd, $0) }
      }
      .first { _, sources in
        !entry.addresses.contains { sources.address(like: $0) != nil }
      }
      if let (frontEnd, sources) = apart {
        found.report(
          .familiesApart(
            (frontEnd.name, sources.first), (backEnd.name, entry.addresses[0]), at: upstream.place))
      }
    }
  }
}

extension Diagnostic {
  fileprivate static func familiesApart(
    _ frontEnd: (name: HostName, address: IPAddress),
    _ backEnd: (name: HostName, address: IPAddress),
    at place: SourcePlace
  ) -> Diagnostic {
    let (one, other) = frontEnd.address.bitWidth == 32 ? ("IPv4", "IPv6") : ("IPv6", "IPv4")
    return Diagnostic(
      .familiesApart, at: place,
      "The front-end \(frontEnd.name) has the \(one) address \(frontEnd.address), and "
        + "\(backEnd.name) the \(other) address \(backEnd.address): they cannot connect. Give both "
        + "an address of the same family, or remove one of them from this site.")
  }
}
