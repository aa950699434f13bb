import Fleet
import Inventories
import TestSupport
import Testing

/// A small random fleet, which can be shrunk while a test still fails on it.
struct FleetSpec: Hashable, CustomStringConvertible {
  struct Site: Hashable {
    var frontEnds: [String]
    /// Ports by host, of the back-ends that the site names.
    var backEnds: [String: Int]
    /// The label of the other back-ends; nil if the site has no others.
    var group: String?
    var root: String
    /// The value of `network`.
    var network = "public"
  }

  /// The container that a host's nginx runs in, if it does not run on the host itself.
  struct Container: Hashable {
    /// 0 or 1: its address behind the host.
    var place: Int
    var port: Int
    var published: Int
  }

  static let networks = [
    "public", "private", "{from: private, to: public}", "{from: public, to: private}",
  ]
  /// A host that never moves and whose private address is its public one, so that it has one address of each family
  /// and its front-end need not choose.
  static let fixed = "edge-2"

  static let names = ["app-1", "app-2", "both-1", "edge-1", "edge-2"]
  static let hostNames = names.compactMap { HostName($0) }

  /// The addresses of a host in the network `public`.
  enum Families: String, CaseIterable {
    case ipv4, ipv4First, ipv6First
  }

  /// 0 or 1: where each host is reached.
  var places: [String: Int]
  var families: [String: Families]
  /// The label of each host, by which sites find back-ends.
  var groups: [String: String]
  var sites: [String: Site]
  /// By host.
  var containers: [String: Container]
  var guardsAll: Bool
  var leafKey: String

  init(_ random: inout SeededGenerator) {
    func some(_ names: [String]) -> [String] {
      let chosen = names.filter { _ in Bool.random(using: &random) }
      return chosen.isEmpty ? [names.randomElement(using: &random) ?? ""] : chosen
    }
    places = Dictionary(
      uniqueKeysWithValues: Self.names.map {
        ($0, Int.random(in: 0..<8, using: &random) == 0 && $0 != Self.fixed ? 1 : 0)
      })
    groups = Dictionary(
      uniqueKeysWithValues: Self.names.map {
        ($0, Bool.random(using: &random) ? "one" : "two")
      })
    sites = [:]
    for domain in some(["a.example", "b.example", "c.example"]) {
      let frontEnds = some(["both-1", "edge-1", "edge-2"])
      // Roles change too: at times a front-end serves.
      let candidates =
        ["app-1", "app-2", "both-1"] + (Bool.random(using: &random) ? ["edge-2"] : [])
      var backEnds: [String: Int] = [:]
      for host in some(candidates) {
        backEnds[host] = [8443, 9443].randomElement(using: &random)
      }
      sites[domain] = Site(
        frontEnds: frontEnds, backEnds: backEnds,
        group: [nil, nil, "one", "two"].randomElement(using: &random) ?? nil,
        root: ["/srv/one", "/srv/two"].randomElement(using: &random) ?? "")
    }
    containers = [:]
    for host in ["app-1", "app-2"] where Int.random(in: 0..<5, using: &random) == 0 {
      containers[host] = Container(
        place: Int.random(in: 0...1, using: &random),
        port: [443, 8443].randomElement(using: &random) ?? 443,
        published: [8443, 10443].randomElement(using: &random) ?? 8443)
    }
    families = [:]
    for name in Self.names {
      families[name] =
        Int.random(in: 0..<3, using: &random) == 0
        ? Families.allCases.randomElement(using: &random) : .ipv4
    }
    for domain in sites.keys.sorted() where Bool.random(using: &random) {
      sites[domain]?.network = Self.networks.randomElement(using: &random) ?? ""
    }
    guardsAll = Int.random(in: 0..<4, using: &random) > 0
    leafKey = Int.random(in: 0..<6, using: &random) == 0 ? "ed25519" : "ecdsa-p256"
  }

  static func address(of name: String, _ place: Int) -> String {
    if let containerHost = names.firstIndex(where: { "\($0).container" == name }) {
      return "10.8.\(containerHost).\(place + 5)"
    }
    return "198.18.\(place).\((names.firstIndex(of: name) ?? 0) + 1)"
  }

  static func privateAddress(of name: String, _ place: Int) -> String {
    name == fixed
      ? address(of: name, 0) : "198.20.\(place).\((names.firstIndex(of: name) ?? 0) + 1)"
  }

  static func ipv6Address(of name: String) -> String {
    "2001:db8::\((names.firstIndex(of: name) ?? 0) + 1)"
  }

  /// All addresses that a machine has in any fleet.
  static func addresses(of name: String) -> [String] {
    let places = name == fixed ? [0] : [0, 1]
    let all = places.map { address(of: name, $0) }
    guard names.contains(name) else { return all }
    return all + places.map { privateAddress(of: name, $0) }.filter { !all.contains($0) }
      + [ipv6Address(of: name)]
  }

  /// The host that has an address in any fleet.
  static let machines: [String: String] = Dictionary(
    uniqueKeysWithValues: (names + names.map { "\($0).container" }).flatMap { name in
      addresses(of: name).map { ($0, name) }
    })

  private var frontEnds: Set<String> { Set(sites.values.flatMap(\.frontEnds)) }
  private var backEnds: Set<String> { Set(sites.values.flatMap(\.backEnds.keys)) }

  var description: String {
    func hosts(_ names: Set<String>, areBackEnds: Bool) -> String {
      let hosts = names.sorted().map { name in
        "\(name): {\(addresses(of: name)), labels: {group: \(groups[name] ?? "")}"
          + (areBackEnds ? container(of: name) : "") + "}"
      }
      return "{" + hosts.joined(separator: ", ") + "}"
    }
    let sites = sites.sorted { $0.key < $1.key }.map { domain, site in
      let named = site.backEnds.sorted { $0.key < $1.key }
        .map {
          containers[$0.key] == nil ? "{host: \($0.key), port: \($0.value)}" : $0.key
        }
      // A pattern that matches no host is a mistake.
      let group = site.group.flatMap { group in
        backEnds.contains { groups[$0] == group } ? "{match: group=\(group)}" : nil
      }
      let served = (named + [group].compactMap(\.self)).joined(separator: ", ")
      return """
          \(domain):
            front_ends: [\(site.frontEnds.joined(separator: ", "))]
            back_ends: [\(served)]
            certificate: {ca: true}
            back_end: {port: 8443, root: \(site.root)}
            network: \(site.network)
        """
    }
    return """
      fleet: shop
      ca: {name: Shop CA, passphrase: {env: X}, certificates: {key: \(leafKey)}}
      front_ends: \(hosts(frontEnds, areBackEnds: false))
      back_ends: \(hosts(backEnds, areBackEnds: true))
      sites:
      \(sites.joined(separator: "\n"))
      firewall: {policy: \(guardsAll ? "drop" : "sites")}
      """
  }

  private func addresses(of name: String) -> String {
    let place = places[name] ?? 0
    let (ipv4, ipv6) = (Self.address(of: name, place), "\"\(Self.ipv6Address(of: name))\"")
    // A container is behind an IPv4 address.
    let address =
      switch families[name] ?? .ipv4 {
      case .ipv4: ipv4
      case .ipv6First where containers[name] == nil: "[\(ipv6), \(ipv4)]"
      case .ipv4First, .ipv6First: "[\(ipv4), \(ipv6)]"
      }
    return "address: \(address), addresses: {private: \(Self.privateAddress(of: name, place))}"
  }

  private func container(of host: String) -> String {
    guard let container = containers[host] else { return "" }
    let address = Self.address(of: "\(host).container", container.place)
    return ", container: {address: \(address), port: \(container.port),"
      + " publish: \(container.published)}"
  }

  func inventory() throws -> Inventory {
    let (inventory, diagnostics) = Scenario.inventory(description)
    return try #require(inventory, "\(self)\n\(diagnostics)")
  }

  /// Smaller fleets, each without one part.
  var smaller: [FleetSpec] {
    var specs: [FleetSpec] = []
    func add(_ change: (inout FleetSpec) -> Void) {
      var spec = self
      change(&spec)
      if spec != self { specs.append(spec) }
    }
    for (domain, site) in sites.sorted(by: { $0.key < $1.key }) {
      if sites.count > 1 { add { $0.sites[domain] = nil } }
      for host in site.frontEnds where site.frontEnds.count > 1 {
        add { $0.sites[domain]?.frontEnds.removeAll { $0 == host } }
      }
      for host in site.backEnds.keys.sorted() where site.backEnds.count > 1 {
        add { $0.sites[domain]?.backEnds[host] = nil }
      }
      for host in site.backEnds.keys.sorted() {
        add { $0.sites[domain]?.backEnds[host] = 8443 }
      }
      add { $0.sites[domain]?.root = "/srv/one" }
      add { $0.sites[domain]?.network = "public" }
      add { $0.sites[domain]?.group = nil }
    }
    for name in Self.names {
      add { $0.places[name] = 0 }
      add { $0.families[name] = .ipv4 }
      add { $0.groups[name] = "one" }
      add { $0.groups[name] = "two" }
      add { $0.containers[name] = nil }
      add { $0.containers[name]?.place = 0 }
      add { $0.containers[name]?.port = 443 }
      add { $0.containers[name]?.published = 8443 }
    }
    add { $0.guardsAll = true }
    add { $0.leafKey = "ecdsa-p256" }
    return specs
  }
}
