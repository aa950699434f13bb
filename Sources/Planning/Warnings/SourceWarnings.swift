import Firewall
import Fleet
import Inventories
import State

/// Warns about addresses of the inventory that hosts do not have, and about front-ends whose connections reach a
/// back-end from an address that its firewall blocks.
enum SourceWarnings {
  static func all(_ input: PlanningInput, _ facts: [HostFacts]) -> [String] {
    absent(input, facts) + blocked(input, facts)
  }

  /// Addresses besides the first public one, which a gateway may translate.
  private static func absent(_ input: PlanningInput, _ facts: [HostFacts]) -> [String] {
    var found = WarningCollector()
    for facts in facts where input.request.selector.matches(facts.host) {
      let own = (facts.observation?.surroundings.addresses ?? []).compactMap { IPAddress($0) }
      guard !own.isEmpty else { continue }
      let host = facts.host
      for network in [.public] + host.otherAddresses.keys.sorted() {
        for address in host.addresses(in: network)?.all ?? []
        where address != host.address && !own.contains(address) {
          found.add(
            "", host.name.text,
            " does not have the address \(address), which the inventory gives it in the network \(network):"
              + " nothing can connect from it or to it. Correct it in the inventory, or add it to the host"
          )
        }
      }
    }
    return found.warnings
  }

  private static func blocked(_ input: PlanningInput, _ facts: [HostFacts]) -> [String] {
    let inventory = input.desired.inventory
    let hosts = Dictionary(uniqueKeysWithValues: facts.map { ($0.host.name, $0) })
    var found = WarningCollector()
    for facts in facts where facts.host.containerHost == nil {
      let frontEnd = facts.host
      guard let routing = facts.observation.flatMap({ Routing($0.surroundings) }) else { continue }
      var reported: Set<HostName> = []
      for site in inventory.sites(publishedBy: frontEnd.name) {
        for upstream in site.upstreams where upstream.host != frontEnd.name {
          // Ports that a container host publishes are opened in another way, for the same sources.
          guard let target = hosts[upstream.host], case let backEnd = target.host,
            backEnd.containerHost == nil,
            input.request.selector.matches(frontEnd) || input.request.selector.matches(backEnd)
          else { continue }
          let ways = inventory.connections(of: site, from: frontEnd, to: upstream)
          guard
            let (way, source) = ways.lazy.compactMap({ way in
              routing.source(to: way.address).map { (way, $0) }
            }).first(where: { $0.source != $1 })
          else { continue }
          guard !target.ruleset.openings.source(of: .tcp(upstream.port)).contains(source),
            reported.insert(backEnd.name).inserted
          else { continue }
          let from = site.edgeNetworks.from
          let network = from == .public ? "" : " in the network \(from)"
          found.add(
            "the firewall of ", backEnd.name.text,
            " would block \(frontEnd.name), which connects from \(source) according to its routes, not"
              + " from its declared address \(way.source). Declare \(source) as its address\(network), or add {port:"
              + " \(upstream.port), from: [\(source)]} to firewall.allow")
        }
      }
    }
    return found.warnings
  }
}

/// How a host's kernel chooses the source address of connections, as far as the host reports it.
private struct Routing {
  private struct Route {
    let network: AddressRange
    let gateway: IPAddress?
    let metric: Int
  }

  private let routes: [Route]
  private let addresses: [IPAddress]

  /// Nil if the host does not report its routes.
  init?(_ surroundings: HostSurroundings) {
    addresses = surroundings.addresses.compactMap { IPAddress($0) }
    routes = surroundings.routes.compactMap { route in
      guard let network = AddressRange(route.network) else { return nil }
      return Route(
        network: network, gateway: route.gateway.flatMap { IPAddress($0) }, metric: route.metric)
    }
    if routes.isEmpty { return nil }
  }

  /// The source address of connections to a target; nil if it is not known: a gateway may translate a
  /// private address to another one.
  func source(to target: IPAddress) -> IPAddress? {
    guard !addresses.contains(target), let route = route(to: target) else { return nil }
    guard let gateway = route.gateway else { return own(in: route.network) }
    guard let link = self.route(to: gateway), link.gateway == nil,
      let source = own(in: link.network), !source.isPrivate || target.isPrivate
    else { return nil }
    return source
  }

  private func route(to target: IPAddress) -> Route? {
    routes.filter { $0.network.contains(target) }
      .max { ($0.network.prefixLength, $1.metric) < ($1.network.prefixLength, $0.metric) }
  }

  /// The host's address in a network; nil if it has none or several there.
  private func own(in network: AddressRange) -> IPAddress? {
    let own = addresses.filter(network.contains)
    return own.count == 1 ? own[0] : nil
  }
}

extension IPAddress {
  /// Whether it is not routed on the internet (RFC 1918, RFC 6598).
  fileprivate var isPrivate: Bool {
    switch self {
    case .v4(let bits):
      bits >> 24 == 10 || bits >> 20 == 0xAC1 || bits >> 16 == 0xC0A8 || bits >> 22 == 0x191
    case .v6: false
    }
  }
}
